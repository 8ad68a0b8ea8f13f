"""The RO-Crate metadata of a record, judged by an implementation that is not ours."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.catalog.exposure.golden import GOLDEN
from tests.validators.crates import issues_of


@pytest.mark.real
def test_the_metadata_of_a_crate_keep_what_ro_crate_recommends(tmp_path: Path) -> None:
    crate = tmp_path / "crate"
    crate.mkdir()
    shutil.copy(GOLDEN / "certificate-full.ro-crate.json", crate / "ro-crate-metadata.json")
    assert issues_of(crate, tmp_path, "--offline", profile="ro-crate-1.1", least=60) == []
