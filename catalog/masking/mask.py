"""One mask for all texts of a publication: what it finds is replaced, and found no more afterwards."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from catalog.masking.folding import folded_with_places
from catalog.masking.people import Identity
from catalog.masking.pictures import PictureError, without_words

_EMAIL: Final = re.compile(r"[A-Za-z0-9][\w.+%-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_ORCID: Final = re.compile(r"(?<!\d)\d{4}-\d{4}-\d{4}-\d{3}[\dXx](?!\d)")
# The user in the path of a home directory, of any system.
_HOME: Final = re.compile(r"(?i)(?<=[/\\])(home|users|usr/home)([/\\]{1,4})(?!user\b)([^/\\\s\"'<>:|,;)\]}]{1,64})")
_NOBODY: Final = "someone@example.invalid"
_NO_ORCID: Final = "0000-0000-0000-0000"
_NO_USER: Final = "user"
_EXCERPT: Final = 30
# Base64 holds words by chance, and a picture with another word in it is no picture any more.
_DATA: Final = re.compile(r"data:(?P<type>[\w/+.-]{1,100})(?:;[\w=-]{1,40}){0,4};base64,(?P<held>[A-Za-z0-9+/=]*)")
_NOTHING: Final = "data:,"
_REFERENCE: Final = re.compile(r"&(?:[A-Za-z]{2,10}|#\d{1,6}|#[xX][0-9A-Fa-f]{1,6});")


@dataclass(frozen=True, slots=True)
class Found:
    """Something that tells who made it: of which kind, and the words around it."""

    kind: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    kind: str
    instead: str


class Mask:
    """Replaces whatever identifies somebody. The same text is masked alike everywhere."""

    def __init__(self, identities: Sequence[Identity]) -> None:
        self._identities = list(identities)

    def text(self, text: str) -> str:
        """Return `text` with everything masked that `find` finds.

        A picture inside an address loses its words; what is in such an address and no picture is left out.
        """
        pieces, place = [], 0
        for data in _DATA.finditer(text):
            pieces += [self._plain(text[place : data.start()]), self._address(data)]
            place = data.end()
        return "".join([*pieces, self._plain(text[place:])])

    def find(self, text: str) -> list[Found]:
        """Return what would be masked in `text`."""
        plain = _DATA.sub(_NOTHING, text)
        return [
            Found(span.kind, " ".join(plain[max(0, span.start - _EXCERPT) : span.end + _EXCERPT].split()))
            for span in self._spans(plain)
        ]

    def markup(self, text: str) -> str:
        """Return HTML, SVG or Markdown masked: letters that are written as references first become letters."""
        return self.text(with_letters(text))

    def _plain(self, text: str) -> str:
        pieces, place = [], 0
        for span in self._spans(text):
            pieces += [text[place : span.start], _in_case(span.instead, text[span.start : span.end])]
            place = span.end
        return "".join([*pieces, text[place:]])

    def _address(self, data: re.Match[str]) -> str:
        """Return an address that holds a picture, masked; an empty one for anything else."""
        try:
            held = base64.b64decode(data["held"], validate=True)
            if data["type"] == "image/svg+xml":
                clean = self.markup(held.decode("utf-8", "replace")).encode()
            else:
                clean = without_words(held)
        except (binascii.Error, PictureError, RecursionError):
            return _NOTHING
        return f"data:{data['type']};base64,{base64.b64encode(clean).decode()}"

    def json(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """Return JSON with every text and every key masked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(part) for part in value]
        if isinstance(value, dict):
            return {self.text(str(key)): self.json(part) for key, part in value.items()}
        return value

    def _spans(self, text: str) -> list[_Span]:
        """Return what is found, in order and without overlaps: of two that overlap one covers both."""
        found = sorted(self._all(text), key=lambda span: (span.start, -span.end))
        merged: list[_Span] = []
        for span in found:
            if merged and span.start < merged[-1].end:
                last = merged[-1]
                if span.end > last.end:
                    merged[-1] = _Span(last.start, span.end, last.kind, last.instead)
            else:
                merged.append(span)
        return merged

    def _all(self, text: str) -> Iterator[_Span]:
        for kind, pattern, instead in (("e-mail", _EMAIL, _NOBODY), ("ORCID", _ORCID, _NO_ORCID)):
            for match in pattern.finditer(text):
                if match[0] != instead:
                    yield _Span(match.start(), match.end(), kind, instead)
        for match in _HOME.finditer(text):
            yield _Span(match.start(3), match.end(3), "home directory", _NO_USER)
        folded, places = folded_with_places(text)
        for identity in self._identities:
            # A paper may have thousands of authors, of whom a text names few.
            if identity.core in folded:
                yield from _matches(identity, _compiled(identity.pattern), text, folded, places)


@lru_cache(maxsize=20_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def with_letters(text: str) -> str:
    """Return markup in which a reference to a letter is that letter; references to signs stay, as they are needed."""

    def letter(match: re.Match[str]) -> str:
        meant = html.unescape(match[0])
        return meant if meant.isalnum() else match[0]

    return _REFERENCE.sub(letter, text)


def _matches(
    identity: Identity, pattern: re.Pattern[str], text: str, folded: str, places: list[int]
) -> Iterator[_Span]:
    place = 0
    while match := pattern.search(folded, place):
        start, end = places[match.start()], places[match.end()]
        place = max(match.end(), match.start() + 1)
        if identity.is_capital and not text[start].isupper():
            place = match.start() + 1
        elif identity.is_inside or _is_word(text, folded, places, match):
            yield _Span(start, max(end, start + 1), identity.kind, identity.instead)
        else:
            # A part of it may be a word of its own.
            place = match.start() + 1


def _is_word(text: str, folded: str, places: list[int], match: re.Match[str]) -> bool:
    """Tell whether the part stands for itself: between other signs, or as a hump of a camel."""
    first, last = match.start(), match.end() - 1
    before, after = folded[first - 1 : first], folded[last + 1 : last + 2]
    begins = not before.isalpha() or (text[places[first - 1]].islower() and text[places[first]].isupper())
    ends = not after.isalpha() or (text[places[last + 1]].isupper() and text[places[last]].islower())
    return begins and ends


def _in_case(instead: str, text: str) -> str:
    """Return the replacement in lower case where the text was, so that an identifier stays one of its kind."""
    return instead.lower() if instead.isalnum() and text.islower() else instead
