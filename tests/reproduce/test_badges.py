"""Badges: well-formed, legible, honest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from defusedxml import ElementTree

from reproduce.badges import (
    DIFFERS,
    FAILED,
    IDLE,
    LABEL_BACKGROUND,
    OK,
    RUNNING,
    Badge,
    age_words,
    badge,
    publication_badge,
    text_width,
)
from reproduce.verdicts import GOOD, VERDICTS, Verdict

SVG = "{http://www.w3.org/2000/svg}"


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("color", [OK, DIFFERS, FAILED, RUNNING, IDLE, LABEL_BACKGROUND])
def test_white_on_every_colour_is_legible(color: str) -> None:
    assert 1.05 / (luminance(color) + 0.05) >= 4.5


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_verdict_is_said_in_words_with_its_age(verdict: Verdict) -> None:
    assert badge("Figure 3", verdict, 3).message == f"{verdict} 3 days ago"


def test_only_good_verdicts_are_green() -> None:
    assert {verdict for verdict in VERDICTS if badge("x", verdict).color == OK} == GOOD


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_bad_verdict_is_an_error_badge(verdict: Verdict) -> None:
    assert badge("x", verdict).is_error is (verdict not in GOOD)


def test_without_a_verdict_it_is_unknown_and_grey() -> None:
    unknown = badge("Figure 3", None)
    assert (unknown.message, unknown.color, unknown.verdict, unknown.is_error) == ("unknown", IDLE, None, False)


def test_a_first_run_is_said_to_be_running() -> None:
    assert badge("Figure 3", None, is_running=True).message == "running"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-1, "today"),
        (0, "today"),
        (1, "1 day ago"),
        (59, "59 days ago"),
        (60, "2 months ago"),
        (729, "24 months ago"),
        (730, "2 years ago"),
    ],
)
def test_an_age_is_said_as_people_do(days: int, words: str) -> None:
    assert age_words(days) == words


@pytest.mark.parametrize(
    ("verdicts", "message", "color", "verdict"),
    [
        (["identical", "reproduced"], "2 of 2 figures reproduced", OK, "reproduced"),
        (["identical", "differs", "reproduced"], "2 of 3 figures reproduced", DIFFERS, "differs"),
        (["differs", "unbuildable"], "0 of 2 figures reproduced", FAILED, "unbuildable"),
        (["identical", None], "1 of 2 figures reproduced", IDLE, None),
        (["failed", None], "0 of 2 figures reproduced", FAILED, "failed"),
        (["identical"], "1 of 1 figure reproduced", OK, "identical"),
        ([None, None], "unknown", IDLE, None),
        ([], "unknown", IDLE, None),
    ],
)
def test_a_publication_counts_its_targets_and_shows_the_worst(
    verdicts: list[Verdict | None], message: str, color: str, verdict: Verdict | None
) -> None:
    shown = publication_badge("paper", verdicts)
    assert (shown.message, shown.color, shown.verdict) == (message, color, verdict)


def test_a_publication_says_the_age_of_its_verdicts() -> None:
    shown = publication_badge("paper", ["identical"] * 5, 3, noun="targets")
    assert shown.message == "5 of 5 targets reproduced 3 days ago"


def test_shields_gets_what_its_endpoint_asks_for() -> None:
    assert badge("Figure 3", "differs", 0).shields() == {
        "schemaVersion": 1,
        "label": "Figure 3",
        "message": "differs today",
        "color": DIFFERS,
        "labelColor": LABEL_BACKGROUND,
        "isError": True,
        "cacheSeconds": 300,
    }


def test_the_json_form_carries_verdict_and_age() -> None:
    assert badge("Figure 3", "identical", 2).as_dict() == {
        "label": "Figure 3",
        "message": "identical 2 days ago",
        "verdict": "identical",
        "age_days": 2,
        "color": OK,
        "is_error": False,
        "is_approximated": False,
    }


@pytest.mark.parametrize(
    "label",
    ["Figure 3", "<script>alert('1')</script>", 'a" onload="x', "&amp;", "図 3", "a\x00\u202eb\n", "x" * 500, ""],
)
def test_the_svg_is_well_formed_and_named_whatever_the_label(label: str) -> None:
    shown = badge(label, "identical", 1)
    root = ElementTree.fromstring(shown.svg())
    name = f"{shown.label}: identical 1 day ago"
    assert root.get("role") == "img"
    assert root.get("aria-label") == name
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == name
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "title", "rect", "g", "text"}
    assert "onload" not in root.attrib


def test_both_texts_fit_their_halves() -> None:
    shown = badge("Figure 3: hysteresis", "unbuildable", 12)
    root = ElementTree.fromstring(shown.svg())
    _, right, _ = root.findall(f"{SVG}rect")
    first, second = root.iter(f"{SVG}text")
    assert int(first.get("x", "")) + int(first.get("textLength", "")) <= int(right.get("x", ""))
    assert int(second.get("x", "")) + int(second.get("textLength", "")) <= int(root.get("width", ""))


def test_wide_letters_take_more_room_than_narrow_ones() -> None:
    assert text_width("WWWW") > 2 * text_width("iiii")
    assert text_width("") == 0


def test_a_long_label_is_shortened() -> None:
    assert len(badge("x" * 500, None).label) == 80


def test_a_badge_is_the_same_each_time() -> None:
    assert badge("Figure 3", "identical", 1) == badge("Figure 3", "identical", 1)
    assert isinstance(badge("x", None), Badge)


def test_an_approximated_environment_is_said_in_the_title() -> None:
    svg = replace(badge("Figure 3", "identical", 2), is_approximated=True).svg()
    assert "<title>Figure 3: identical 2 days ago, in an environment that is approximated</title>" in svg
