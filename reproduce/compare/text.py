"""Two texts: equal after sanitising, equal but for what is no result, or numerically close; or else different."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from reproduce.compare.apart import Apart
from reproduce.compare.model import ComparePictures, OutputComparison, Tolerance
from reproduce.compare.normalise import normalise
from reproduce.compare.numbers import Deviation, compare_numbers, split_numbers, tolerance_as_dict
from reproduce.compare.sanitize import SanitizeRule, apply_sanitizers

# Beyond this a text is compared as it is: the rules are linear, but a stranger chooses the length.
MAX_NORMALISED_CHARS: Final = 4_000_000
_SHOWN_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class TextSettings:
    """What the target and its author declared about texts. `apart` runs what reads more than texts.

    `at_once` is how many pairs of pictures are compared at once (reproduce.compare.at_once), `pictures` by what, if not
    by `compare_pictures` itself.
    """

    tolerance: Tolerance
    sanitize: Sequence[SanitizeRule] = ()
    apart: Apart = field(default_factory=Apart)
    at_once: int = 1
    pictures: ComparePictures | None = None


def compare_text(mime: str, published: str, fresh: str, settings: TextSettings) -> OutputComparison:
    """Compare two texts as nbval does, then with the rules of normalise.py, then number by number."""
    one, other = apply_sanitizers(published, settings.sanitize), apply_sanitizers(fresh, settings.sanitize)
    if one == other:
        return OutputComparison(mime, "identical", published_text=published, fresh_text=fresh)
    rules: tuple[str, ...] = ()
    if max(len(one), len(other)) <= MAX_NORMALISED_CHARS:
        one, other, rules = normalise(one, other, settings.tolerance.disabled_rules)
    if one == other:
        reason = f"Equal but for what these rules leave out: {', '.join(rules)}."
        return OutputComparison(
            mime, "identical", reason=reason, rules=rules, published_text=published, fresh_text=fresh
        )
    return _compare_numbers_in(mime, one, other, rules, settings.tolerance, (published, fresh))


def _compare_numbers_in(
    mime: str, one: str, other: str, rules: tuple[str, ...], tolerance: Tolerance, shown: tuple[str, str]
) -> OutputComparison:
    (skeleton, numbers), (fresh_skeleton, fresh_numbers) = split_numbers(one), split_numbers(other)
    if skeleton != fresh_skeleton:
        reason = _first_difference(one, other) + _rules_sentence(rules)
        return OutputComparison(
            mime, "differs", reason=reason, rules=rules, published_text=shown[0], fresh_text=shown[1]
        )
    deviation = compare_numbers(numbers, fresh_numbers, tolerance)
    return OutputComparison(
        mime,
        "within_tolerance" if deviation.is_within else "differs",
        metric={
            "name": "max_relative_deviation",
            "value": deviation.max_relative if math.isfinite(deviation.max_relative) else None,
        },
        tolerance=tolerance_as_dict(tolerance),
        reason=_deviation_sentence(deviation) + _rules_sentence(rules),
        rules=rules,
        published_text=shown[0],
        fresh_text=shown[1],
    )


def _rules_sentence(rules: tuple[str, ...]) -> str:
    return f" Left out before by these rules: {', '.join(rules)}." if rules else ""


def _deviation_sentence(deviation: Deviation) -> str:
    if deviation.worst is None:
        return "The numbers are equal and only printed differently."
    published, fresh = deviation.worst
    most = f"the largest deviation is {published} published against {fresh} now"
    if deviation.is_within:
        return f"All {deviation.compared} numbers agree within the tolerance; {most}."
    return f"{deviation.beyond} of {deviation.compared} numbers are outside the tolerance; {most}."


def _first_difference(one: str, other: str) -> str:
    lines, others = one.split("\n"), other.split("\n")
    for number, (left, right) in enumerate(zip(lines, others, strict=False), start=1):
        if left != right:
            return f"Line {number} was “{_short(left, right)}” and is now “{_short(right, left)}”."
    return f"The text had {len(lines)} lines and now has {len(others)}."


def _short(line: str, other: str) -> str:
    """Cut a long line to the neighbourhood of the first place where it departs from the other."""
    if len(line) <= _SHOWN_CHARS:
        return line.strip()
    start = next((i for i, (a, b) in enumerate(zip(line, other, strict=False)) if a != b), min(len(line), len(other)))
    left = max(0, start - _SHOWN_CHARS // 3)
    return ("…" if left else "") + line[left : left + _SHOWN_CHARS].strip() + "…"
