"""What is answered: the objects that a filter finds, with what it includes, each with a score."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from catalog.exposure.panosc.effort import Effort
from catalog.exposure.panosc.filters import Filter, Include, Where
from catalog.exposure.panosc.matching import measured, meets
from catalog.exposure.panosc.things import SINGLE, Thing
from catalog.search_terms import words_of

# What federates the searches drops a score that is not between 0 and 1, and both of these too.
PLAIN_SCORE: Final = 0.5
_SCORED: Final = frozenset({"Document", "Dataset"})
_MOST_KEYWORDS: Final = 20


def find(things: Sequence[Thing], asked: Filter, *, now: Callable[[], float] = time.monotonic) -> list[dict[str, Any]]:
    """Return what the filter finds, the best first where it has keywords.

    Raises FilterError when it takes too long or includes too much.
    """
    effort = Effort(now)
    found = _found(things, asked, effort)
    page = slice(asked.skip, asked.skip + asked.limit)
    if asked.query.strip():
        ranked = sorted(_ranked(list(found), asked.query, effort), key=lambda row: row[1], reverse=True)
        rows = ranked[page]
    else:
        rows = [(thing, PLAIN_SCORE) for thing in islice(found, page.start, page.stop)]
    return [_scored(_show(thing, asked.include, effort) or {}, score, thing) for thing, score in rows]


def count(things: Sequence[Thing], where: Where, *, now: Callable[[], float] = time.monotonic) -> int:
    """Return how many meet the conditions. Raises FilterError when it takes too long."""
    return sum(1 for _ in _found(things, Filter(where), Effort(now)))


def show(thing: Thing, include: tuple[Include, ...]) -> dict[str, Any] | None:
    """Return an object with what is included; None where something included is asked of it that it does not have.

    Raises FilterError when it takes too long or includes too much.
    """
    return _show(thing, include, Effort())


def _show(thing: Thing, include: tuple[Include, ...], effort: Effort) -> dict[str, Any] | None:
    fields = dict(thing.fields)
    for one in include:
        related = [
            shown for each in thing.related.get(one.relation, ()) if (shown := _included(each, one, effort)) is not None
        ]
        if one.is_scoped and not related:
            return None
        earlier = fields.get(one.relation)
        if one.relation in SINGLE:
            if related:
                fields[one.relation] = related[0]
        elif isinstance(earlier, list):
            # The same relation asked twice shows what meets either question.
            fields[one.relation] = earlier + [row for row in related if _is_new(row, earlier, effort)]
        else:
            fields[one.relation] = related
    return fields


def _is_new(row: dict[str, Any], earlier: list[dict[str, Any]], effort: Effort) -> bool:
    effort.look()
    return row not in earlier


def _included(thing: Thing, include: Include, effort: Effort) -> dict[str, Any] | None:
    effort.look()
    if thing.kind == "Parameter":
        measures = measured(thing, include.where)
        shown = dict(measures) if measures is not None else None
    else:
        shown = _show(thing, include.include, effort) if meets(thing, include.where) else None
    if shown is not None:
        effort.hold()
    return shown


def _found(things: Sequence[Thing], asked: Filter, effort: Effort) -> Iterator[Thing]:
    """Yield what meets the conditions and has what is asked of its relations; what it includes is not kept."""
    is_scoped = any(one.is_scoped for one in asked.include)
    for thing in things:
        effort.look()
        if meets(thing, asked.where) and not (is_scoped and _show(thing, asked.include, effort.afresh()) is None):
            yield thing


def _scored(fields: dict[str, Any], score: float, thing: Thing) -> dict[str, Any]:
    return {**fields, "score": score} if thing.kind in _SCORED else fields


def _ranked(things: Sequence[Thing], query: str, effort: Effort) -> Iterator[tuple[Thing, float]]:
    """Yield what has a keyword with its score: rare keywords, and those in a title, count more.

    Each keyword found adds its weight times its rarity, with diminishing returns for repetition as in BM25 (k = 1.2);
    the sum s becomes s / (1 + s), which lies between 0 and 1.
    """
    keywords = list(dict.fromkeys(words_of(query)))[:_MOST_KEYWORDS]
    weights = [_weights(thing, effort) for thing in things]
    rarity = {word: _rarity(word, weights) for word in keywords}
    for thing, held in zip(things, weights, strict=True):
        total = sum(rarity[word] * held[word] * 2.2 / (held[word] + 1.2) for word in keywords if word in held)
        if total > 0:
            yield thing, min(max(round(total / (1.0 + total), 6), 1e-6), 1 - 1e-6)


def _rarity(word: str, weights: Sequence[Mapping[str, float]]) -> float:
    holding = sum(1 for held in weights if word in held)
    return math.log(1.0 + (len(weights) - holding + 0.5) / (holding + 0.5))


def _weights(thing: Thing, effort: Effort) -> dict[str, float]:
    effort.look()
    found: dict[str, float] = {}
    for text, weight in thing.words:
        for word in words_of(text):
            found[word] = found.get(word, 0.0) + weight
    return found
