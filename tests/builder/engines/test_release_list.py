"""Which releases the index has for a Python."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from builder.engines.old_python.upstream import Upstream
from builder.engines.release_list import Release, releases_of
from tests.builder.engines.local_index import LocalIndex


def test_final_releases_for_the_python_are_listed_in_the_order_of_their_versions(
    index: LocalIndex, tmp_path: Path
) -> None:
    for version, year in (("1.10", 2021), ("1.9", 2020), ("1.2", 2016), ("2.0rc1", 2022)):
        index.wheel("optics", version, uploaded=f"{year}-01-01T00:00:00Z")
    index.wheel("optics", "2.0", uploaded="2023-01-01T00:00:00Z", requires_python=">=3.12")
    index.wheel("optics", "1.5", uploaded="2018-01-01T00:00:00Z", is_yanked=True)
    index.source("optics", "1.9", uploaded="2019-12-31T00:00:00Z", setup="")
    files = Upstream(index.url, tmp_path / "files").project("optics")
    assert releases_of(files or (), python="3.9.7") == (
        Release("1.2", datetime(2016, 1, 1, tzinfo=UTC)),
        Release("1.9", datetime(2019, 12, 31, tzinfo=UTC)),
        Release("1.10", datetime(2021, 1, 1, tzinfo=UTC)),
    )


def test_a_requirement_of_a_python_that_cannot_be_read_keeps_nothing_out(index: LocalIndex, tmp_path: Path) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z", requires_python="three")
    files = Upstream(index.url, tmp_path / "files").project("optics")
    assert [each.version for each in releases_of(files or (), python="3.9.7")] == ["1.0"]
