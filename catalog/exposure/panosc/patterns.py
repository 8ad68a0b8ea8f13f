"""Patterns that a stranger asks with, matched without being kept busy by them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LONGEST_PATTERN: Final = 200
LONGEST_TEXT: Final = 20_000
# Two repetitions tried at every place take a time that grows with the third power of this.
LONGEST_FOR_REGEXP: Final = 200
# What can be repeated within what is repeated takes a time that grows exponentially; so do back references.
_GROUP: Final = re.compile(r"\((?!\?:|\?i\))|\\[1-9]|\(\?")
_QUANTIFIER: Final = re.compile(r"(?<!\\)(?:[*+?]|\{\d*,?\d*\})")


class PatternError(ValueError):
    """A pattern that is not matched here; says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern, tried from the beginning alone or, where it `is_sought`, at every place."""

    expression: re.Pattern[str]
    is_sought: bool = False

    def is_in(self, text: str) -> bool:
        """Tell whether the text, cut where it is very long, has it."""
        if self.is_sought:
            return self.expression.search(text[:LONGEST_FOR_REGEXP]) is not None
        return self.expression.match(text[:LONGEST_TEXT]) is not None


def read_pattern(text: str, *, is_case_kept: bool) -> Pattern:
    """Return the pattern of `like`: % stands for any signs, _ for one; without either the text is looked for itself.

    Raises PatternError.
    """
    if len(text) > LONGEST_PATTERN:
        raise PatternError(f"a pattern may have at most {LONGEST_PATTERN} signs")
    # Each part is found at the first place behind the one before, and never tried again.
    parts = [re.escape(part).replace("_", ".") for part in re.split("%+", text) if part]
    expression = "".join(f"(?>.*?{part})" for part in parts)
    return Pattern(re.compile(expression, re.DOTALL | (re.NOFLAG if is_case_kept else re.IGNORECASE)))


def read_regexp(text: str) -> Pattern:
    """Return the pattern of `regexp`, given bare or as /…/ and /…/i.

    Taken are literals, classes, anchors, alternatives at the top and at most two repetitions, none within another.
    Raises PatternError.
    """
    if len(text) > LONGEST_PATTERN:
        raise PatternError(f"a pattern may have at most {LONGEST_PATTERN} signs")
    slashed = re.fullmatch(r"/(.*)/(i?)", text, re.DOTALL)
    body, is_folded = (slashed[1], bool(slashed[2])) if slashed else (text, False)
    if _GROUP.search(body.replace("\\(", "")) or len(_QUANTIFIER.findall(body)) > 2:
        raise PatternError("a regexp may have no groups and at most two of * + ? {}; use like with % instead")
    try:
        return Pattern(re.compile(body, re.IGNORECASE if is_folded else re.NOFLAG), is_sought=True)
    except (re.error, OverflowError, RecursionError):
        raise PatternError("the regexp is none") from None
