"""The nearest release that has a name is found in few steps, whatever lies beyond."""

from __future__ import annotations

import pytest

from reproduce.diagnose.release_search import Answer, nearest_with

RELEASES = [str(number) for number in range(100)]


def search(first: int, unusable: int, *, most_asked: int = 20) -> tuple[str | None, list[str]]:
    """Search releases that have the name from `first` on, and do not work from `unusable` on; tell what was asked."""
    asked: list[str] = []

    def ask(version: str) -> Answer:
        asked.append(version)
        return "unusable" if int(version) >= unusable else "has" if int(version) >= first else "lacks"

    return nearest_with(RELEASES, ask, most_asked=most_asked), asked


@pytest.mark.parametrize("first", [0, 1, 2, 3, 7, 50, 98, 99])
def test_the_nearest_release_with_the_name_is_found(first: int) -> None:
    found, asked = search(first, 1000)
    assert found == str(first)
    assert len(asked) <= 14
    assert len(set(asked)) == len(asked), "nothing is asked twice"


@pytest.mark.parametrize(("first", "unusable"), [(4, 6), (20, 22), (60, 62), (0, 1), (98, 99)])
def test_it_is_found_where_most_of_what_is_older_does_not_work(first: int, unusable: int) -> None:
    assert search(first, unusable)[0] == str(first)


@pytest.mark.parametrize(("first", "unusable"), [(1000, 1000), (1000, 0), (1000, 40), (40, 40)])
def test_where_none_has_it_none_is_found(first: int, unusable: int) -> None:
    found, asked = search(first, unusable)
    assert found is None
    assert len(asked) <= 14


def test_no_more_are_asked_than_allowed_and_the_nearest_seen_is_taken() -> None:
    found, asked = search(50, 1000, most_asked=8)
    assert asked == ["0", "1", "3", "7", "15", "31", "63", "47"]
    assert found == "63"


def test_without_releases_nothing_is_found() -> None:
    assert nearest_with([], lambda _: "has", most_asked=5) is None
