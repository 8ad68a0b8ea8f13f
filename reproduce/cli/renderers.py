"""Which releases of matplotlib stand beside one: the minor releases around it, the nearest first. Pure."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Final

RENDERER: Final = "matplotlib"
MOST_VERSIONS: Final = 12
# Where a major release ended; the one after it began with .0. Nothing older than the first of these is drawn with.
_LAST_MINORS: Final = {1: 5, 2: 2}
_OLDEST: Final = (1, 5)
_RELEASE: Final = re.compile(r"(\d{1,4})\.(\d{1,4})(\.\d{1,4})?")
_SECOND: Final = 2


def neighbours(version: str, most: int) -> tuple[str, ...]:
    """Return up to `most` minor releases around a version, as "3.7": before and after it in turn, the nearest first.

    Empty for what is no version of the kind 3.8.4. A later one may not exist: whoever resolves it will say so.
    """
    match = _RELEASE.match(version)
    if match is None:
        return ()
    minor = int(match[1]), int(match[2])
    pairs = zip_longest(_before(minor, most), _after(minor, most))
    found = [each for each in chain.from_iterable(pairs) if each is not None]
    return tuple(f"{major}.{number}" for major, number in found[:most])


def requirement_of(release: str) -> str:
    """Return the requirement that takes the release; of a minor one its last, but nothing before it was released."""
    if release.count(".") == _SECOND:
        return f"{RENDERER}=={release}"
    major, minor = release.split(".")
    return f"{RENDERER}>={release}.0,<{major}.{int(minor) + 1}"


def releases(text: str) -> tuple[str, ...]:
    """Read a list such as 3.7,3.6.2."""
    found = tuple(part.strip() for part in text.split(","))
    if len(found) > MOST_VERSIONS or not all(_RELEASE.fullmatch(part) for part in found):
        raise argparse.ArgumentTypeError(f"“{text}” is no list of at most {MOST_VERSIONS} versions such as 3.7,3.6.2")
    return tuple(dict.fromkeys(found))


def most_versions(text: str) -> int:
    """Read how many versions are tried at most."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_VERSIONS):
        raise argparse.ArgumentTypeError(f"“{text}” is no number between 1 and {MOST_VERSIONS}")
    return int(text)


def _before(minor: tuple[int, int], most: int) -> Iterator[tuple[int, int]]:
    for _ in range(most):
        major, number = minor
        minor = (major, number - 1) if number else (major - 1, _LAST_MINORS.get(major - 1, -1))
        if minor < _OLDEST or minor[1] < 0:
            return
        yield minor


def _after(minor: tuple[int, int], most: int) -> Iterator[tuple[int, int]]:
    for _ in range(most):
        major, number = minor
        minor = (major + 1, 0) if _LAST_MINORS.get(major) == number else (major, number + 1)
        yield minor
