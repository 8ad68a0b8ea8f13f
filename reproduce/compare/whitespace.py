"""Spacing that printers of arrays and tables choose by the width of their numbers: it says nothing, so it is evened."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_QUOTED: Final = r"'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\""
_SPACES: Final = re.compile(rf"(?P<quoted>{_QUOTED})|\s++")
_AFTER_OPEN: Final = re.compile(rf"(?P<quoted>{_QUOTED})|(?<=[\[(]) | (?=[\])])")
_BEFORE_DTYPE: Final = re.compile(r"(?<=\]),\s+(?=(?:dtype|shape)=[^)\n]{1,60}\))")
# IPython breaks a tuple of arrays where one version of numpy printed them in one line.
_BETWEEN_ARRAYS: Final = re.compile(r"(?<=\]\)),\s+(?=(?:array|matrix)\(\[)")
_HAS_VALUE: Final = re.compile(r"\d|nan|inf|true|false|['\"]", re.IGNORECASE)


def collapse_arrays(text: str) -> str:
    """Write every outermost bracketed list of numbers or quoted texts with single spaces and no line breaks.

    What is quoted keeps its spaces, because they are part of it.
    """
    pieces: list[str] = []
    done = 0
    for start, end in _outermost_brackets(text):
        inner = text[start:end]
        if not _HAS_VALUE.search(inner):
            continue
        pieces += [text[done:start], _AFTER_OPEN.sub(_or_quoted(""), _SPACES.sub(_or_quoted(" "), inner))]
        done = end
    pieces.append(text[done:])
    return _BETWEEN_ARRAYS.sub(", ", _BEFORE_DTYPE.sub(", ", "".join(pieces)))


def _or_quoted(replacement: str) -> Callable[[re.Match[str]], str]:
    return lambda match: match.group("quoted") or replacement


def collapse_columns(text: str) -> str:
    """Even the gaps between columns: runs of spaces between words and numbers, and at the ends of lines.

    A gap beside a lone symbol or letter stays, for it may be the plot of a text plot.
    """
    return "\n".join(_collapse_line(line) for line in text.split("\n"))


def _collapse_line(line: str) -> str:
    if "  " not in line and not line.startswith(" ") and not line.endswith(" "):
        return line
    words = re.split(r"( +)", line)
    kept = list(words)
    for place in range(1, len(words), 2):
        left, right = words[place - 1], words[place + 1]
        if not right:
            kept[place] = ""
        elif _is_plain(right) and (not left or _is_plain(left)):
            kept[place] = " " if left else ("" if right[0].isdigit() or right[0] in "-+.[" else words[place])
    return "".join(kept)


def _is_plain(word: str) -> bool:
    return any(character.isdigit() for character in word) or sum(character.isalpha() for character in word) >= 2


def _outermost_brackets(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    opened: list[int] = []
    for match in re.finditer(r"[\[\]]", text):
        if match.group() == "[":
            opened.append(match.start())
        elif opened:
            start = opened.pop()
            while spans and spans[-1][0] > start:
                spans.pop()
            spans.append((start, match.end()))
    return spans
