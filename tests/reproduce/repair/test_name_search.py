"""Where a name is looked for among the releases of a package, and what is proposed when it was found."""

from __future__ import annotations

from datetime import UTC, datetime

from builder.engines.release_list import Release
from reproduce.diagnose import Proposal, Sought
from reproduce.diagnose.release_search import Answer
from reproduce.repair.name_search import find_release

RELEASES = tuple(Release(f"1.{number}", datetime(2000 + number, 3, 1, tzinfo=UTC)) for number in range(20))


def search(here: int, has: range, *, as_of: int) -> tuple[Proposal | None, list[tuple[str, int]]]:
    """Search for optics.bend, which the releases of these numbers have, from the release that is here."""
    asked: list[tuple[str, int]] = []

    def ask(version: str, moment: datetime) -> Answer:
        asked.append((version, moment.year))
        return "has" if int(version.split(".")[1]) in has else "lacks"

    name = Sought("3", "optics", f"1.{here}", "optics", "bend")
    return find_release(name, RELEASES, as_of=datetime(2000 + as_of, 6, 1, tzinfo=UTC), ask=ask), asked


def test_a_name_that_was_removed_is_found_in_the_last_release_that_had_it() -> None:
    proposal, asked = search(12, range(8), as_of=12)
    assert proposal is not None
    assert (proposal.requirement, proposal.needs_later_date) == ("optics<1.8", False)
    assert proposal.reason == "Cell 3 uses optics.bend, which optics 1.7 has and 1.8 has not."
    assert {year for version, year in asked if version != "1.13"} == {2012}


def test_a_name_that_came_later_is_found_as_of_its_date() -> None:
    proposal, asked = search(5, range(9, 20), as_of=5)
    assert proposal is not None
    assert (proposal.requirement, proposal.needs_later_date) == ("optics>=1.9", True)
    assert proposal.there_since == datetime(2009, 3, 2, tzinfo=UTC)
    assert proposal.reason == "Cell 3 uses optics.bend, which optics has since 1.9 of 2009-03-01."
    assert ("1.9", 2009) in asked


def test_where_a_package_was_held_back_later_releases_are_looked_at_first() -> None:
    proposal, asked = search(5, range(7, 20), as_of=15)
    assert proposal is not None
    assert proposal.requirement == "optics>=1.7"
    assert [version for version, _ in asked] == ["1.4", "1.6", "1.7"]
    assert {year for _, year in asked} == {2015}


def test_what_was_uploaded_after_the_date_is_no_older_release() -> None:
    _, asked = search(12, range(0), as_of=10)
    assert "1.11" not in [version for version, _ in asked]


def test_a_name_that_no_release_has_is_looked_for_in_few() -> None:
    proposal, asked = search(10, range(0), as_of=10)
    assert proposal is None
    assert len(asked) == len(set(asked)) <= 12
