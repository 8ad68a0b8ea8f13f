"""What is answered: the objects that a filter finds, with what it includes, each with a score."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from catalog.exposure.panosc.filters import Filter, FilterError, Include, Where
from catalog.exposure.panosc.matching import measured, meets
from catalog.exposure.panosc.things import SINGLE, Thing
from catalog.search_terms import words_of

# What federates the searches drops a score that is not between 0 and 1, and both of these too.
PLAIN_SCORE: Final = 0.5
LONGEST_S: Final = 3.0
_SCORED: Final = frozenset({"Document", "Dataset"})
_MOST_KEYWORDS: Final = 20


def find(things: Sequence[Thing], asked: Filter, *, now: Callable[[], float] = time.monotonic) -> list[dict[str, Any]]:
    """Return what the filter finds, the best first where it has keywords. Raises FilterError when it takes too long."""
    until = now() + LONGEST_S
    found: Iterable[tuple[Thing, dict[str, Any]]] = _shown(things, asked, until, now)
    if not asked.query.strip():
        skipped = _part(found, asked.skip, asked.limit)
        return [_scored(fields, PLAIN_SCORE, thing) for thing, fields in skipped]
    rows = list(found)
    ranked = sorted(
        ((score, -place, thing, fields) for place, ((thing, fields), score) in enumerate(_ranked(rows, asked.query))),
        key=lambda row: row[:2],
        reverse=True,
    )
    return [_scored(fields, score, thing) for score, _, thing, fields in ranked[asked.skip : asked.skip + asked.limit]]


def count(things: Sequence[Thing], where: Where, *, now: Callable[[], float] = time.monotonic) -> int:
    """Return how many meet the conditions. Raises FilterError when it takes too long."""
    until = now() + LONGEST_S
    return sum(1 for _ in _shown(things, Filter(where), until, now))


def show(thing: Thing, include: tuple[Include, ...]) -> dict[str, Any] | None:
    """Return an object with what is included; None where something included is asked of it that it does not have."""
    fields = dict(thing.fields)
    for one in include:
        related = [shown for each in thing.related.get(one.relation, ()) if (shown := _included(each, one)) is not None]
        if one.is_scoped and not related:
            return None
        earlier = fields.get(one.relation)
        if one.relation in SINGLE:
            if related:
                fields[one.relation] = related[0]
        elif isinstance(earlier, list):
            # The same relation asked twice shows what meets either question.
            fields[one.relation] = earlier + [row for row in related if row not in earlier]
        else:
            fields[one.relation] = related
    return fields


def _included(thing: Thing, include: Include) -> dict[str, Any] | None:
    if thing.kind == "Parameter":
        fields = measured(thing, include.where)
        return dict(fields) if fields is not None else None
    return show(thing, include.include) if meets(thing, include.where) else None


def _shown(
    things: Sequence[Thing], asked: Filter, until: float, now: Callable[[], float]
) -> Iterator[tuple[Thing, dict[str, Any]]]:
    for place, thing in enumerate(things):
        if place % 64 == 0 and now() > until:
            raise FilterError(f"the filter takes longer than {LONGEST_S:.0f} s; ask for less at once")
        if meets(thing, asked.where) and (fields := show(thing, asked.include)) is not None:
            yield thing, fields


def _part(
    found: Iterable[tuple[Thing, dict[str, Any]]], skip: int, limit: int
) -> Iterator[tuple[Thing, dict[str, Any]]]:
    for place, row in enumerate(found):
        if place >= skip + limit:
            return
        if place >= skip:
            yield row


def _scored(fields: dict[str, Any], score: float, thing: Thing) -> dict[str, Any]:
    return {**fields, "score": score} if thing.kind in _SCORED else fields


def _ranked(
    rows: Sequence[tuple[Thing, dict[str, Any]]], query: str
) -> Iterator[tuple[tuple[Thing, dict[str, Any]], float]]:
    """Yield what has a keyword with its score: rare keywords, and those in a title, count more.

    Each keyword found adds its weight times its rarity, with diminishing returns for repetition as in BM25 (k = 1.2);
    the sum s becomes s / (1 + s), which lies between 0 and 1.
    """
    keywords = list(dict.fromkeys(words_of(query)))[:_MOST_KEYWORDS]
    weights = [_weights(thing) for thing, _ in rows]
    rarity = {word: _rarity(word, weights) for word in keywords}
    for row, held in zip(rows, weights, strict=True):
        total = sum(rarity[word] * held[word] * 2.2 / (held[word] + 1.2) for word in keywords if word in held)
        if total > 0:
            yield row, min(max(round(total / (1.0 + total), 6), 1e-6), 1 - 1e-6)


def _rarity(word: str, weights: Sequence[Mapping[str, float]]) -> float:
    holding = sum(1 for held in weights if word in held)
    return math.log(1.0 + (len(weights) - holding + 0.5) / (holding + 0.5))


def _weights(thing: Thing) -> dict[str, float]:
    found: dict[str, float] = {}
    for text, weight in thing.words:
        for word in words_of(text):
            found[word] = found.get(word, 0.0) + weight
    return found
