"""Text as it is compared: without accents, case and signs that are not seen. Each letter remembers where it stood."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

# Letters that have no accent to take off (Unicode decomposes none of them), as they are written without.
_PLAIN: Final = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ß": "ss"}
# How letters are spelled out where a keyboard has none of them.
_SPELLED: Final = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}

# What is not a letter of ASCII, and how letters are written with such alone.
_SPECIAL: Final = re.compile(
    r"""(?P<letter>[^\x00-\x7f])
    |(?P<colour>\x1b\[[0-9;]*m)
    |(?P<latex>\{\\["'`^~=.]\{?(?P<inner>[A-Za-z])\}?\}|\\["'`^~=.](?:\{(?P<held>[A-Za-z])\}|(?P<base>[A-Za-z])))
    |(?P<number>\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8})
    |(?P<line>\\[nrt])
    |(?P<percent>(?:%[0-9a-fA-F]{2})+)
    |(?P<reference>&(?:[A-Za-z]{2,10}|\#[0-9]{1,6}|\#[xX][0-9A-Fa-f]{1,6});)""",
    re.VERBOSE,
)


@lru_cache(maxsize=4096)
def fold_letter(letter: str) -> str:
    """Return what a letter counts as: none, one or several plain letters in lower case."""
    if letter.isascii():
        return letter.lower()
    decomposed = unicodedata.normalize("NFKD", letter).casefold()
    plain = "".join(_PLAIN.get(sign, sign) for sign in decomposed)
    # Marks (accents) and format signs (soft hyphens, joiners, directions) are not seen as letters.
    return "".join(sign for sign in plain if unicodedata.category(sign) not in {"Mn", "Mc", "Me", "Cf"})


def fold(text: str) -> str:
    """Return the text as it is compared."""
    return text.lower() if text.isascii() else "".join(map(fold_letter, text))


def folded_with_places(text: str) -> tuple[str, list[int]]:
    """Return the folded text and, for each of its letters and for its end, where in `text` it comes from.

    Letters that are written by number or by an accent of LaTeX are read as what they mean; colours of a terminal and
    line ends that are spelled out part words.
    """
    letters: list[str] = []
    places: list[int] = []
    place = 0
    for match in _SPECIAL.finditer(text):
        letters.append(text[place : match.start()].lower())
        places.extend(range(place, match.start()))
        meant = _meaning(match)
        letters.append(meant)
        places.extend([match.start()] * len(meant))
        place = match.end()
    letters.append(text[place:].lower())
    places.extend(range(place, len(text) + 1))
    return "".join(letters), places


def _meaning(match: re.Match[str]) -> str:
    kind, said = match.lastgroup, match[0]
    if kind == "letter":
        return fold_letter(said)
    if kind == "latex":
        return (match["inner"] or match["held"] or match["base"]).lower()
    if kind == "number":
        number = int(said[2:], 16)
        return fold(chr(number)) if number < 0x110000 else " "
    if kind == "percent":
        return fold(unquote(said, errors="replace"))
    if kind == "reference":
        meant = html.unescape(said)
        return fold(meant) if meant.isalnum() else said.lower()
    return " "


def spellings(name: str) -> tuple[str, ...]:
    """Return the folded name, and as it is spelled without its umlauts: "Müller" is muller and mueller."""
    composed = unicodedata.normalize("NFC", name)
    spelled = "".join(_SPELLED.get(letter, letter) for letter in composed.lower())
    return tuple(dict.fromkeys((fold(name), fold(spelled))))
