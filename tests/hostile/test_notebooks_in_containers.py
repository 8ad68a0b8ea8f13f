"""Every hostile notebook in a container of Docker: it ends as it must, and the host is as it was.

Beside the same under bubblewrap in a file of its own, so that two workers share the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docker_engine import docker_engine
from tests.hostile.attacks import attack
from tests.hostile.confinements import NAMES, Confined, own_kernel
from tests.hostile.notebook_cases import case_names
from tests.hostile.watched_host import WatchedHost

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def confined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Confined]:
    """Containers of an engine that nobody else uses: whatever it has before and after is of these tests."""
    with docker_engine(tmp_path_factory.mktemp("engine"), has_network=False) as engine:
        yield Confined("container", own_kernel(), engine)


@pytest.mark.parametrize("name", case_names())
def test_a_hostile_notebook_ends_as_it_must_and_leaves_the_host_and_the_engine_as_they_were(
    name: str,
    host: WatchedHost,
    confined: Confined,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    attack(name, host, confined, tmp_path)
    record_property("tallied", f"hostile notebooks under {NAMES[confined.sandbox]}")
