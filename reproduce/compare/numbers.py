"""Numbers in text: found, paired and compared with a tolerance. Everything between them must be equal."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reproduce.compare.model import Tolerance

# With this many significant digits or more, the last one may be off by one unit: there rounding and summation order
# decide it. A shorter number is a rounded statement or an exact one, and 0.04 is not 0.05.
MIN_ROUNDED_DIGITS: Final = 5
# Beyond nine digits a double's tail depends on compiler, BLAS and processor. No claim rests on it.
FLOAT_NOISE: Final = 1e-9

# Digits that count nothing: hexadecimal words, dates, clocks and powers (10^5, 10**5, 10^{-5}). A tolerance for
# numbers says nothing of them: with a tenth of leeway 10^{10} would pass for 10^{11}.
_WORD: Final = (
    r"(?<![\w.])(?:0[xX][0-9a-fA-F]+|\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}(?::\d{2}(?:\.\d++)?)?)(?![\w:])"
    r"|(?:\^\{?|\*\*) ?[-+−]?\d++(?:\.\d++)?"
)
# A number is not part of a word (x1), of a version (1.2.3) or of a date's rest; a sign counts where no digit,
# letter or closing bracket stands before it, and before the imaginary part of a complex number (1+2j). Every part is
# bounded by its first character, so matching is linear.
_DIGITS: Final = r"(?:\d++(?:\.\d*+)?+|\.\d++)(?:[eE][-+]?\d++)?+"
NUMBER: Final = re.compile(
    rf"(?P<word>{_WORD})"
    rf"|(?:(?<![\w.])(?:(?<![\w)\]])[-+−])?|(?<=[\d.])[-+](?={_DIGITS}j\b)){_DIGITS}(?![.\d]*\d)"
)


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far the numbers of two texts are apart. `worst` is the pair with the largest relative deviation."""

    max_relative: float
    is_within: bool
    compared: int
    beyond: int
    worst: tuple[str, str] | None


def tolerance_as_dict(tolerance: Tolerance) -> Mapping[str, Any]:
    """Return the tolerance for numbers as the public JSON states it."""
    if tolerance.rtol is None:
        return {"rule": "printed-precision", "atol": tolerance.atol}
    return {"rtol": tolerance.rtol, "atol": tolerance.atol}


def split_numbers(text: str) -> tuple[str, list[str]]:
    """Return the text with every number replaced by a mark that no text holds, and the numbers."""
    found: list[str] = []

    def keep(match: re.Match[str]) -> str:
        if match.group("word"):
            return match.group()
        found.append(match.group())
        return "\x00"

    return NUMBER.sub(keep, text), found


def compare_numbers(published: list[str], fresh: list[str], tolerance: Tolerance) -> Deviation:
    """Compare two lists of printed numbers of equal length, pair by pair."""
    largest, beyond, worst = 0.0, 0, None
    for one, other in zip(published, fresh, strict=True):
        if one == other:
            continue
        relative = relative_deviation(_value(one), _value(other))
        if not is_close(one, other, tolerance):
            beyond += 1
        if relative > largest:
            largest, worst = relative, (one, other)
    return Deviation(largest, beyond == 0, len(published), beyond, worst)


def is_close(published: str, fresh: str, tolerance: Tolerance) -> bool:
    """Tell whether two printed numbers agree under the tolerance."""
    if published == fresh:
        return True
    a, b = _value(published), _value(fresh)
    if tolerance.rtol is not None:
        return is_close_value(a, b, tolerance)
    if _is_integer(published) and _is_integer(fresh):
        # As text: two integers beyond a double's 53 bits would fall together as values.
        return _plain_integer(published) == _plain_integer(fresh) or 0 < abs(a - b) <= tolerance.atol
    if math.isinf(a) or math.isinf(b):
        return False
    difference = abs(a - b)
    if difference <= tolerance.atol:
        return True
    if difference <= FLOAT_NOISE * max(abs(a), abs(b)) and min(map(_digits, (published, fresh))) > MIN_ROUNDED_DIGITS:
        return True
    return _is_rounding(published, fresh, difference)


def is_close_value(published: float, fresh: float, tolerance: Tolerance) -> bool:
    """Tell whether two values agree: to nine digits by default, else |a - b| <= atol + rtol * max(|a|, |b|).

    The larger magnitude is taken, so that the answer does not depend on which of the two was published.
    """
    if published == fresh or (math.isnan(published) and math.isnan(fresh)):
        return True
    if not (math.isfinite(published) and math.isfinite(fresh)):
        return False
    rtol = FLOAT_NOISE if tolerance.rtol is None else tolerance.rtol
    return abs(published - fresh) <= tolerance.atol + rtol * max(abs(published), abs(fresh))


def relative_deviation(a: float, b: float) -> float:
    """Return |a - b| / max(|a|, |b|): 0 for equal values, infinite where only one of them is finite."""
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0.0
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    scale = max(abs(a), abs(b))
    return abs(a / scale - b / scale)


def _is_rounding(published: str, fresh: str, difference: float) -> bool:
    coarse = max((published, fresh), key=printed_unit)
    unit = printed_unit(coarse)
    # The slack covers that decimal units are not exact in binary: 0.12346 - 0.12345 is a little more than 1e-05.
    return _digits(coarse) >= MIN_ROUNDED_DIGITS and difference <= unit * (1 + 1e-6)


def _value(text: str) -> float:
    return float(text.replace("−", "-"))


def _is_integer(text: str) -> bool:
    # "5." ends a sentence, or is how numpy prints a float that is a whole number: exact in both cases.
    return not any(mark in text.removesuffix(".") for mark in ".eE")


def _plain_integer(text: str) -> str:
    sign = "-" if text[0] in "-−" else ""
    digits = text.removesuffix(".").lstrip("+-−0")
    return sign + digits if digits else "0"


def printed_unit(text: str) -> float:
    """Return one unit in the last printed digit: 0.01 for 1.25, 100 for 3.1e3."""
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    power = int(exponent or "0") - decimals if len(exponent) < 8 else 400
    return float(f"1e{power}")


def _digits(text: str) -> int:
    """Count the significant digits that are printed."""
    mantissa = text.lower().partition("e")[0].lstrip("+-−").replace(".", "")
    return len(mantissa.lstrip("0"))
