"""Read what a program prints, line by line as it comes, whatever it prints."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator
from typing import IO, Final

_CHUNK: Final = 2**16
# A line without end is cut into pieces of this size.
_LINE_LIMIT: Final = 4096
# Of a long output the beginning is kept, and the end, where the reason stands.
_HEAD_LIMIT: Final = 2**20
_TAIL_LINES: Final = 400
_ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def lines_of(stream: IO[bytes]) -> Iterator[tuple[str, int]]:
    """Yield each line without colours, and how many bytes came so far. Lines over 4 KiB come in pieces."""
    rest, size = b"", 0
    while chunk := os.read(stream.fileno(), _CHUNK):
        size += len(chunk)
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield from ((piece, size) for piece in _pieces(line))
        while len(rest) > _LINE_LIMIT:
            yield _plain(rest[:_LINE_LIMIT]), size
            rest = rest[_LINE_LIMIT:]
    if rest:
        yield _plain(rest), size


class KeptOutput:
    """The first mebibyte of an output and its last lines."""

    def __init__(self) -> None:
        self._head: list[str] = []
        self._head_size = 0
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._left_out = 0

    def add(self, line: str) -> bool:
        """Keep the line; tell whether it belongs to the beginning."""
        if not self._tail and self._head_size + len(line) <= _HEAD_LIMIT:
            self._head.append(line)
            self._head_size += len(line) + 1
            return True
        self._left_out += len(self._tail) == _TAIL_LINES
        self._tail.append(line)
        return False

    @property
    def text(self) -> str:
        """What was kept, with a line in place of what was not."""
        gap = [f"… {self._left_out} lines are left out …"] if self._left_out else []
        return "\n".join([*self._head, *gap, *self._tail])

    @property
    def last_line(self) -> str:
        """The last line that says anything, "" where none does."""
        return next((line for line in reversed([*self._head, *self._tail]) if line.strip()), "")

    @property
    def hidden(self) -> list[str]:
        """The kept lines that do not belong to the beginning."""
        return list(self._tail)


def _pieces(line: bytes) -> Iterator[str]:
    for start in range(0, max(1, len(line)), _LINE_LIMIT):
        yield _plain(line[start : start + _LINE_LIMIT])


def _plain(line: bytes) -> str:
    return _ANSI.sub("", line.decode("utf-8", "replace")).rstrip()
