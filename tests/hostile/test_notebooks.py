"""Every hostile notebook under bubblewrap: it ends as it must, and the host is as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.attacks import attack
from tests.hostile.confinements import NAMES, Confined, own_kernel
from tests.hostile.notebook_cases import case_names
from tests.hostile.watched_host import WatchedHost

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def confined() -> Confined:
    """The sandbox of bubblewrap."""
    return Confined("bwrap", own_kernel())


@pytest.mark.parametrize("name", case_names())
def test_a_hostile_notebook_ends_as_it_must_and_leaves_the_host_as_it_was(
    name: str,
    host: WatchedHost,
    confined: Confined,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    attack(name, host, confined, tmp_path)
    record_property("tallied", f"hostile notebooks under {NAMES[confined.sandbox]}")
