from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reproduce.compare import Tolerance
from reproduce.compare.numbers import is_close, split_numbers
from tests.reproduce.compare.notebooks import compare_one, text

finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
printed = finite.map(repr) | st.integers(-(10**20), 10**20).map(str) | finite.map("{:.6e}".format)


@given(printed, printed, st.sampled_from([None, 0.0, 1e-6, 0.1]), st.sampled_from([0.0, 1e-9, 1.0]))
def test_closeness_is_symmetric(one, other, rtol, atol):
    tolerance = Tolerance(rtol=rtol, atol=atol)
    assert is_close(one, other, tolerance) == is_close(other, one, tolerance)


@given(printed)
def test_a_number_is_close_to_itself(number):
    assert is_close(number, number, Tolerance())


@given(st.floats(1e-200, 1e200), st.floats(1e-7, 0.5))
def test_a_number_beyond_the_tolerance_always_differs(number, relative):
    result = compare_one(text(repr(number)), text(repr(number * (1 + 3 * relative))), Tolerance(rtol=relative))
    assert result.state == "differs"


@given(st.floats(1e-200, 1e200), st.floats(1e-7, 0.5))
def test_a_number_within_the_tolerance_is_never_a_difference(number, relative):
    result = compare_one(text(repr(number)), text(repr(number * (1 + relative / 2))), Tolerance(rtol=relative))
    assert result.state in ("identical", "within_tolerance")


@given(st.floats(1e-200, 1e200))
def test_by_default_a_change_of_a_thousandth_always_differs(number):
    assert compare_one(text(repr(number)), text(repr(number * 1.001))).state == "differs"


def test_one_unit_in_the_last_of_many_digits_is_within_tolerance_and_measured():
    result = compare_one(text("E = 1.23456 eV"), text("E = 1.23457 eV"))
    assert result.state == "within_tolerance"
    assert result.metric is not None
    assert result.metric["name"] == "max_relative_deviation"
    assert math.isclose(result.metric["value"], 8.1e-6, rel_tol=0.01)
    assert result.tolerance == {"rule": "printed-precision", "atol": 0.0}


def test_two_units_in_the_last_digit_differ():
    assert compare_one(text("1.23456"), text("1.23458")).state == "differs"


def test_the_tail_of_a_double_is_noise():
    assert compare_one(text("0.12345678901234"), text("0.12345678901298")).state == "within_tolerance"


def test_an_absolute_tolerance_forgives_noise_around_zero():
    assert compare_one(text("1.1e-16"), text("-3e-17")).state == "differs"
    assert compare_one(text("1.1e-16"), text("-3e-17"), Tolerance(atol=1e-12)).state == "within_tolerance"


def test_an_equal_value_printed_otherwise_is_within_tolerance_but_not_identical():
    assert compare_one(text("1.0"), text("1.00")).state == "within_tolerance"


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("x1 = 2", ["2"]),
        ("1.2.3", []),
        ("2018-01-02", []),
        ("12:30:01.5", []),
        ("0x1f 0x20", []),
        ("3 x 10^{-5}, 10^5, 2**3", ["3", "10", "10", "2"]),
        ("1.2(3)", ["1.2", "3"]),
        ("1.2±0.1", ["1.2", "0.1"]),
        ("1,234", ["1", "234"]),
        ("1.5e-3mm", ["1.5e-3"]),
        ("(-1+2j)", ["-1", "+2"]),
        ("1e-3-2.5e+1j", ["1e-3", "-2.5e+1"]),
        ("1+2", ["1", "2"]),
        ("[-.5 +3.]", ["-.5", "+3."]),
        ("a_3 b4 c.5", []),
    ],
)
def test_numbers_are_told_from_digits_in_words(source, numbers):
    assert split_numbers(source)[1] == numbers


def test_numbers_too_long_for_a_double_are_compared_as_text():
    assert compare_one(text("9" * 5000), text("9" * 4999 + "8")).state == "differs"
