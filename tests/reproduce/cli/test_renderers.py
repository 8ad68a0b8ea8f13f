"""Which releases of matplotlib stand beside one, and how lists of them are read."""

from __future__ import annotations

import argparse

import pytest
from packaging.requirements import Requirement

from reproduce.cli.renderers import most_versions, neighbours, releases, requirement_of


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("3.8.4", ("3.7", "3.9", "3.6", "3.10")),
        ("3.10.0rc1", ("3.9", "3.11", "3.8", "3.12")),
        ("3.0.3", ("2.2", "3.1", "2.1", "3.2")),
        ("2.0.2", ("1.5", "2.1", "2.2", "3.0")),
        ("1.5.3", ("2.0", "2.1", "2.2", "3.0")),
        ("unknown", ()),
    ],
)
def test_the_minor_releases_around_one_come_nearest_first(version: str, found: tuple[str, ...]) -> None:
    assert neighbours(version, 4) == found
    assert neighbours(version, 1) == found[:1]


def test_of_a_minor_release_the_last_is_taken_and_no_candidate_for_it() -> None:
    assert (requirement_of("3.9"), requirement_of("3.6.2")) == ("matplotlib>=3.9.0,<3.10", "matplotlib==3.6.2")
    taken = Requirement(requirement_of("3.9")).specifier
    assert [each for each in ("3.9.0rc2", "3.9.0", "3.9.4", "3.10.0rc1") if taken.contains(each, prereleases=True)] == [
        "3.9.0",
        "3.9.4",
    ]


def test_releases_are_read_in_their_order_and_once() -> None:
    assert releases("3.7, 3.6.2,3.7") == ("3.7", "3.6.2")
    for text in ("", "3", "3.7,", "3.7.*", "3.7; x", ">=3", ",".join(["3.7"] * 13)):
        with pytest.raises(argparse.ArgumentTypeError, match="is no list"):
            releases(text)


def test_no_more_than_twelve_releases_are_tried() -> None:
    assert most_versions("12") == 12
    for text in ("0", "13", "-1", "some"):
        with pytest.raises(argparse.ArgumentTypeError, match="between 1 and 12"):
            most_versions(text)
