"""An error and the line that it rests on."""

from __future__ import annotations

import pickle

from catalog.causes import CausedError


def test_the_first_line_that_is_named_stays() -> None:
    error = CausedError("repository-empty", source="x").seen_in("").seen_in("first").seen_in("second")
    assert error.cause.evidence == "first"
    assert error.cause.as_dict()["evidence"] == "first"


def test_a_line_survives_the_way_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(CausedError("doi-unknown", doi="10.1/2").seen_in("a line")))
    assert (error.kind_id, error.data, error.cause.evidence) == ("doi-unknown", {"doi": "10.1/2"}, "a line")


def test_a_line_is_shown_on_one_line_of_bounded_length_without_a_password() -> None:
    shown = CausedError("doi-unknown", doi="x").seen_in("a\n\0\x1b[31m b https://me:pw@host/ " + "c" * 10_000).cause
    assert shown.evidence.startswith("a [31m b https://…@host/ ccc")
    assert len(shown.evidence) == 300
