"""What somebody types to search for, as terms: words, phrases in quotes, words with a minus before them. Pure."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MOST_TERMS: Final = 12
LEAST_FOR_TYPOS: Final = 4
LIKENESS: Final = 0.75
_TYPED: Final = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_WORD: Final = re.compile(r"[^\W_]+")
# Letters that stand for themselves in Unicode, and that people write without.
_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other. The last may be the beginning of one, unless it was quoted."""

    words: tuple[str, ...]
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """All of `wanted` must be found and none of `unwanted`."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...]


def folded(text: str) -> str:
    """Return the text in small letters without accents, as both the index and what is typed are compared."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return _WORD.findall(folded(text))


def read_terms(text: str) -> Terms:
    """Return what was typed, at most MOST_TERMS terms. Signs between words only part them."""
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for minus, quoted, word in _TYPED.findall(text):
        words = tuple(words_of(quoted or word))
        if words:
            (unwanted if minus else wanted).append(Term(words, bool(quoted)))
    return Terms(tuple(wanted[:MOST_TERMS]), tuple(unwanted[:MOST_TERMS]))


def as_tsquery(term: Term) -> str:
    """Return the term for PostgreSQL's to_tsquery; words are letters and digits alone, so nothing needs escaping."""
    return " <-> ".join(term.words) + ("" if term.is_quoted else ":*")


def as_fts5(term: Term) -> str:
    """Return the term for SQLite's FTS5."""
    return f'"{" ".join(term.words)}"' + ("" if term.is_quoted else " *")


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that somebody who typed `word` meant, None where none is like it."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=LIKENESS)
    return found[0] if found else None


def with_words(text: str, meant: dict[str, str]) -> str:
    """Return what was typed with other words in their places; the rest stays as it was typed."""
    return _WORD.sub(lambda match: meant.get(folded(match[0]), match[0]), text)
