"""Where the published output lies among our own runs that disagree: within them, outside of them, or nobody can tell.

The rules are in docs/comparison.md, "Repetition". Within is what one of our runs shows, or numbers that lie as near to
our runs as these lie to each other. Outside is what chance does not explain. All else is not placed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from scipy.special import stdtrit

from reproduce.compare.model import OutputComparison
from reproduce.compare.normalise import RULES
from reproduce.compare.numbers import is_close, printed_unit, split_numbers
from reproduce.compare.sanitize import apply_sanitizers
from reproduce.compare.text import MAX_NORMALISED_CHARS, TextSettings

# A number that our own runs spread over more than this share of its size is not determined by the notebook: that the
# published one lies among ours says nothing then.
LARGEST_SPREAD: Final = 0.1
# A number is outside when chance puts one in a thousand outputs so far off, all numbers of the output taken together.
CHANCE: Final = 0.001
# A picture is outside when it is this many times farther from the nearest of our runs than these are from each other.
# Of 6072 triples of pictures with points scattered at random one was 4 times farther in a hundred, and none 8 times.
PICTURE_MARGIN: Final = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """`is_within` is None where it cannot be told. `floor` is how far our own runs are apart: a metric, or nothing."""

    is_within: bool | None
    reason: str
    floor: dict[str, Any] | None = None


def place_published(
    against: Sequence[OutputComparison], own: Sequence[OutputComparison], settings: TextSettings
) -> Place:
    """Place a published output: `against` compares it with each of our runs, `own` these runs with each other."""
    runs = len(against)
    floor = _floor(own)
    if any(result.state in ("identical", "within_tolerance") for result in against):
        return Place(True, f"Our {runs} runs disagree about this output; one of them shows it as published.", floor)
    if any(result.state == "missing" for result in (*against, *own)):
        return Place(None, f"Not all of our {runs} runs show this output.", floor)
    texts = _texts(against, settings)
    if texts is not None:
        return place_text(texts[0], texts[1:], settings)
    if floor is not None and all(result.difference_png is not None for result in against):
        return _place_picture(against, float(floor["value"]), floor)
    return Place(None, f"Our {runs} runs disagree about this output, and no measure tells by how much.", floor)


def place_text(published: str, runs: Sequence[str], settings: TextSettings) -> Place:
    """Place a text by its numbers. Where the words between them differ too, it cannot be placed."""
    skeletons, lists = zip(*(split_numbers(text) for text in (published, *runs)), strict=True)
    told = f"Our {len(runs)} runs disagree about this output"
    if len(set(skeletons[1:])) > 1:
        return Place(None, f"{told} in its words, not in its numbers alone.")
    columns = list(zip(*lists[1:], strict=True))
    floor = _spread_of(columns, settings)
    if skeletons[0] != skeletons[1]:
        return Place(None, f"{told}, and its words are not the published ones.", floor)
    reach = _reach(len(runs), len(columns))
    places = [_place_number(one, ours, settings, reach) for one, ours in zip(lists[0], columns, strict=True)]
    if False in places:
        at = places.index(False)
        ours = ", ".join(columns[at])
        return Place(False, f"{told}, but not by as much: {lists[0][at]} was published, our runs say {ours}.", floor)
    if None in places:
        at = places.index(None)
        ours = ", ".join(columns[at])
        return Place(None, f"{told} too much to place what was published: {lists[0][at]}, our runs say {ours}.", floor)
    return Place(True, f"{told}; what was published is as near to them as they are to each other.", floor)


def _place_number(published: str, ours: Sequence[str], settings: TextSettings, reach: float) -> bool | None:
    """Place one number. Beyond `reach` standard deviations of our runs from their mean it is outside."""
    if any(is_close(published, each, settings.tolerance) for each in ours):
        return True
    value, values = _value(published), [_value(each) for each in ours]
    if not all(map(math.isfinite, (value, *values))):
        return None
    low, high = min(values), max(values)
    spread = high - low
    if spread <= LARGEST_SPREAD * max(abs(low), abs(high)) and low - spread <= value <= high + spread:
        return True
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((each - mean) ** 2 for each in values) / (len(values) - 1))
    # Less than one unit of the last printed digit cannot be seen: runs that print the same may have been lucky.
    return False if abs(value - mean) > reach * max(deviation, *map(printed_unit, ours)) else None


def _reach(runs: int, numbers: int) -> float:
    """Return how many standard deviations one further run may lie from the mean of `runs`.

    The prediction interval of a normal distribution by Student's t, for so many numbers at once by Bonferroni.
    """
    return float(stdtrit(runs - 1, 1 - CHANCE / 2 / max(numbers, 1))) * math.sqrt(1 + 1 / runs)


def _place_picture(against: Sequence[OutputComparison], noise: float, floor: dict[str, Any]) -> Place:
    values = [_metric(result) for result in against]
    # One that cannot be laid onto any of ours is farther than any that can.
    nearest = min((value for value in values if value is not None), default=math.inf)
    told = f"Our {len(against)} runs disagree about this picture"
    if nearest > PICTURE_MARGIN * noise:
        return Place(False, f"{told}, but not by as much as the published one differs from each of them.", floor)
    return Place(None, f"{told} about as much as each of them differs from the published one.", floor)


def _floor(own: Sequence[OutputComparison]) -> dict[str, Any] | None:
    """Return the largest distance between two of our runs; None where there is a pair without a measure."""
    apart = [result for result in own if result.state != "identical"]
    values = [_metric(result) for result in apart]
    found = [value for value in values if value is not None]
    names = {str((result.metric or {}).get("name")) for result in apart}
    if not found or len(found) < len(apart) or len(names) > 1:
        return None
    return {"name": names.pop(), "value": max(found)}


def _metric(result: OutputComparison) -> float | None:
    value = (result.metric or {}).get("value")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _texts(against: Sequence[OutputComparison], settings: TextSettings) -> list[str] | None:
    """Return the published text and that of each run, with all that is no result taken out; None for no texts."""
    texts = [against[0].published_text, *(result.fresh_text for result in against)]
    if any(text is None or len(text) > MAX_NORMALISED_CHARS for text in texts):
        return None
    return [_settled(text, settings) for text in texts if text is not None]


def _settled(text: str, settings: TextSettings) -> str:
    text = apply_sanitizers(text, settings.sanitize)
    for name, rule in RULES.items():
        if name not in settings.tolerance.disabled_rules:
            text = rule(text)
    return text


def _spread_of(columns: Sequence[Sequence[str]], settings: TextSettings) -> dict[str, Any]:
    spreads = []
    for ours in columns:
        if not _agree(ours, settings):
            values = [_value(each) for each in ours]
            size = max(map(abs, values))
            spreads.append((max(values) - min(values)) / size if 0 < size < math.inf else math.inf)
    worst = max(spreads, default=0.0)
    value = worst if math.isfinite(worst) else None
    return {"name": "largest_relative_spread", "value": value, "unstable": len(spreads), "numbers": len(columns)}


def _agree(ours: Sequence[str], settings: TextSettings) -> bool:
    first = ours[0]
    return all(is_close(first, other, settings.tolerance) for other in ours[1:])


def _value(text: str) -> float:
    return float(text.replace("−", "-"))
