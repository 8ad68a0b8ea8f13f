"""Scientific metadata have no schema: what is no quantity is left out with a note, however much there is of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.exposure.record import Quantity
from catalog.sources.scientific_metadata import MOST_QUANTITIES, read_scientific_metadata

LEFT_OUT = "Of its scientific metadata 1 values were left out: no number and no text of one line."
CUT = f"Of its scientific metadata only the first {MOST_QUANTITIES} quantities were read."

ODD: dict[str, Any] = {
    "true": True,
    "null": None,
    "an empty list": [],
    "a list": [1, 2],
    "a list as value": {"value": [1]},
    "no value": {"value": None, "unit": "K"},
    "false as value": {"v": False},
    "two lines": "a\nb",
    "a long text": "x" * 301,
    "an empty text": "",
    "a number of 400 digits": 10**400,
}


def nested(depth: int, value: object) -> dict[str, Any]:
    found: Any = value
    for number in range(depth):
        found = {f"level {number}": found}
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("odd", list(ODD.values()), ids=list(ODD))
def test_what_is_no_number_and_no_line_is_left_out_with_a_note(odd: object) -> None:
    assert read_scientific_metadata([{"odd": odd, "good": 1}]) == ((Quantity("good", 1.0),), (LEFT_OUT,))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e309"])
def test_numbers_that_json_does_not_have_are_left_out(number: str) -> None:
    said = json.loads(f'{{"odd": {number}, "good": {{"value": 2, "unit": "nm"}}}}')
    assert read_scientific_metadata([said]) == ((Quantity("good", 2.0, "nm"),), (LEFT_OUT,))


def test_sections_are_followed_six_deep() -> None:
    assert read_scientific_metadata([nested(6, 1)])[0] == (Quantity("level 0", 1.0),)
    assert read_scientific_metadata([nested(7, 1)]) == ((), (LEFT_OUT,))
    assert read_scientific_metadata([nested(900, {"value": 1})]) == ((), (LEFT_OUT,))


def test_names_that_stand_in_several_sections_are_told_apart() -> None:
    said = {"sample": {"temperature": 4}, "detector": {"temperature": {"value": 290, "unit": "K"}}}
    assert read_scientific_metadata([said])[0] == (
        Quantity("sample: temperature", 4.0),
        Quantity("detector: temperature", 290.0, "K"),
    )


def test_a_section_may_be_called_value() -> None:
    assert read_scientific_metadata([{"value": {"v": {"energy": 9}}}])[0] == (Quantity("energy", 9.0),)


def test_of_several_datasets_each_quantity_is_told_once() -> None:
    datasets: list[object] = [{"t": {"value": 5, "unit": "K"}}, {"t": {"value": 5, "unit": "K"}}, {"t": 7}, "no object"]
    assert read_scientific_metadata(datasets) == ((Quantity("t", 5.0, "K"), Quantity("t", 7.0)), ())


@pytest.mark.parametrize("shape", ["flat", "sections"])
def test_a_hundred_thousand_quantities_are_cut_with_a_note(shape: str) -> None:
    names = {f"q{number}": number for number in range(100_000)}
    said = names if shape == "flat" else {name: {"value": {"value": number}} for name, number in names.items()}
    quantities, notes = read_scientific_metadata([said])
    assert (len(quantities), notes) == (MOST_QUANTITIES, (CUT,))
