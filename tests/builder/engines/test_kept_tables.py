"""The kept metadata is what uv understands, and each entry mends a release that uv could not read."""

from __future__ import annotations

import tomllib

import pytest
from packaging.requirements import Requirement

from builder.engines.kept_tables import MENDED_METADATA, uv_settings


@pytest.mark.parametrize(("name", "version", "requirements"), MENDED_METADATA)
def test_each_mended_release_asks_for_the_same_as_it_wrote(
    name: str, version: str, requirements: tuple[str, ...]
) -> None:
    parsed = {Requirement(text).name: Requirement(text).specifier for text in requirements}
    assert set(parsed) == {"python-dateutil", "pytz", "numpy"}
    # 2011k, the release that was meant, came before all that the mended entry allows.
    assert "2012.2" in parsed["pytz"]
    assert "2011" not in parsed["pytz"]


def test_the_settings_are_what_uv_reads() -> None:
    entries = tomllib.loads(uv_settings())["dependency-metadata"]
    assert {"name", "version", "requires-dist"} == set(entries[0])
    assert len(entries) == len(MENDED_METADATA)
