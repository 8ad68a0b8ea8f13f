"""Who is to be masked: the forms in which a person, an account, an address or a number may be written."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any, Final, Literal

from catalog.masking.folding import fold, spellings

Kind = Literal["name", "given name", "initials", "account", "repository", "DOI", "commit", "date", "further words"]

# Between the parts of a name, in prose, in paths and in identifiers.
_BETWEEN: Final = r"[\s.,;_\-'’+/]{0,3}"
_PARTICLES: Final = frozenset(
    re.findall(
        r"\w+",
        "af al bin da de del della den der di do dos du el la le los op ter the van vande vanden ver von y zu zur",
    )
)
# Given names that are words as well: masked where they are written as names, with a capital.
_WORDS_TOO: Final = (
    "april art august bill bob chase chip dale dawn dean drew earl faith frank gene grace grant guy hope iris jack jan "
    "joy june mark max may min norm pat peg penny ray rich rob rod rose ruby sky sue tim violet wade ward will"
)
ORDINARY: Final = frozenset(
    {
        *keyword.kwlist,
        *keyword.softkwlist,
        *(name.lower() for name in dir(builtins)),
        *re.findall(r"\w+", _WORDS_TOO),
    }
)
# Stands for the moment of a commit: before there was any, and with as many digits as one has today.
_EPOCH: Final = datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
# From this length on a family name is looked for inside other words too.
_LONG: Final = 6
# Of a name that is longer the rest is masked by no pattern of its own: each word may be left out, and tried.
_MOST_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class Identity:
    """One way in which somebody may be recognised: a pattern over folded text, and what stands there instead.

    `core` is a part without which the pattern is not there; it is looked for first. `is_inside` finds it within longer
    words. `is_capital` wants a capital in the text itself.
    """

    kind: Kind
    pattern: str
    instead: str
    core: str
    is_inside: bool = False
    is_capital: bool = False


def stem_for(names: Iterable[str]) -> str:
    """Return the word that stands for people, and is none of their names."""
    folded = [fold(name) for name in names]
    for stem in ("author", "person", "writer", "somebody", "contributor"):
        if not any(part and (part in stem or stem in part) for name in folded for part in re.findall(r"\w+", name)):
            return stem
    return "qxz"


def identities_of(
    creators: Iterable[Mapping[str, Any]],  # Any: JSON, as an agency told it
    *,
    accounts: Iterable[str] = (),
    repositories: Iterable[str] = (),
    dois: Iterable[str] = (),
    commits: Iterable[str] = (),
    committed: Iterable[datetime] = (),
    further: Iterable[str] = (),
) -> list[Identity]:
    """Return everything that would tell who made it.

    `accounts` are names of accounts and of owners of repositories, `repositories` addresses without their scheme,
    `commits` commit ids and SWHIDs, `committed` when they were made, `further` words that the author adds.
    """
    people = [_parts(creator) for creator in creators]
    stem = stem_for([*(part for given, family in people for part in (*given, *family)), *accounts, *further])
    found: list[Identity] = []
    # The longer first: where two overlap, the whole is masked as the first of them.
    found += [_plain("repository", address, "masked.invalid/notebooks") for address in repositories if address]
    found += [_plain("DOI", doi, "10.0000/masked") for doi in dois if doi]
    found += [_commit(name) for name in commits if len(name) >= 12]
    for moment in committed:
        pairs = zip(_dates(moment), _dates(_EPOCH), strict=True)
        found += [_plain("date", said, instead) for said, instead in pairs if said != instead]
    for number, (given, family) in enumerate(people, start=1):
        found += _of_person(given, family, f"{stem.title()}{number}")
    found += [_plain("account", name, f"{stem}0") for name in accounts if len(fold(name)) >= 3]
    found += [_plain("further words", word, "Masked") for word in further if len(fold(word)) >= 2]
    return found


def _plain(kind: Kind, text: str, instead: str) -> Identity:
    parts = [fold(part) for part in text.split()]
    pattern = r"\s+".join(map(re.escape, parts))
    return Identity(kind, pattern, instead, parts[0] if parts else "", is_inside=kind in {"repository", "DOI", "date"})


def _dates(moment: datetime) -> tuple[str, str, str]:
    """Return how this service writes the moment of a commit: as a day, in words, in seconds."""
    at = moment.astimezone(UTC)
    return f"{at:%Y-%m-%d}", f"{at.day} {at:%B} {at.year}", str(int(at.timestamp()))


def _commit(name: str) -> Identity:
    """Return a commit id or SWHID, also when it is cut to seven digits or more."""
    digits = name.rpartition(":")[2].lower()
    rest = digits[7:]
    cut = "".join(f"(?:{digit}" for digit in rest) + ")?" * len(rest)
    return Identity("commit", rf"(?<![0-9a-f]){re.escape(digits[:7])}{cut}", "0" * 12, digits[:7], is_inside=True)


def _parts(creator: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the words of the given and of the family name; of a name alone the last word is the family's."""
    given, family, name = (str(creator.get(key) or "") for key in ("given", "family", "name"))
    if not family:
        before, comma, after = name.partition(",")
        if comma:
            family, given = before, after
        else:
            words = name.split()
            start = len(words) - 1
            while start > 1 and fold(words[start - 1]) in _PARTICLES:
                start -= 1
            given, family = " ".join(words[:start]), " ".join(words[start:])
    return _words(given), _words(family)


def _words(text: str) -> list[str]:
    found = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", text))
    return [word for word in found if fold(word)][:_MOST_WORDS]


def _of_person(given: list[str], family: list[str], instead: str) -> list[Identity]:
    if not family:
        return []
    initials = [word[0] for word in map(fold, given)]
    either = [f"(?:{'|'.join(map(re.escape, (*spellings(word), fold(word)[0])))})" for word in given]
    before = "".join(f"(?:{part}{_BETWEEN})?" for part in either)
    after = "".join(f"(?:{_BETWEEN}{part}(?![^\\W\\d_]))?" for part in either)
    found: list[Identity] = []
    for spelled in product(*(spellings(word) for word in family)):
        # Particles are written as letters too: v. d. Berg.
        whole = _BETWEEN.join(f"(?:{word}|{word[0]})" if word in _PARTICLES else re.escape(word) for word in spelled)
        letters = sum(len(word) for word in spelled if word not in _PARTICLES)
        core = max((word for word in spelled if word not in _PARTICLES), key=len, default="")
        found.append(Identity("name", before + whole + after, instead, core))
        if letters >= _LONG:
            found.append(Identity("name", whole, instead, core, is_inside=True))
    for word in family if len(family) > 1 else ():
        if len(fold(word)) >= 4 and fold(word) not in _PARTICLES:
            is_inside = len(fold(word)) >= _LONG
            found += [Identity("name", re.escape(one), instead, one, is_inside=is_inside) for one in spellings(word)]
    for word in given:
        if len(fold(word)) >= 3:
            is_word = fold(word) in ORDINARY
            named = [(re.escape(one), one) for one in spellings(word)]
            found += [Identity("given name", one, instead, core, is_capital=is_word) for one, core in named]
    letters_of = [*initials, *(fold(word)[0] for word in family if fold(word) not in _PARTICLES)]
    if len(letters_of) > 1:
        dotted = r"\.[\s-]?".join(map(re.escape, letters_of)) + r"\."
        found.append(Identity("initials", dotted, instead, f"{letters_of[0]}.", is_capital=True))
    return found
