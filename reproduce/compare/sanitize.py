"""nbval's sanitise files: regular expressions by which an author declares what in a text does not matter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from catalog.causes import CausedError

MAX_FILE_BYTES: Final = 256 * 1024
MAX_RULES: Final = 200
MAX_PATTERN_CHARS: Final = 1000

# A repeated group that itself repeats without bound needs exponential time on the wrong text: a sanitise file comes
# from a stranger's repository and must not be able to stop a worker.
_NESTED_REPEAT: Final = re.compile(r"\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)[+*{]")


class SanitizeFileError(CausedError):
    """A sanitise file that cannot be used."""


@dataclass(frozen=True, slots=True)
class SanitizeRule:
    """Replace every match of `regex` by `replace`, in the syntax of Python's re.sub."""

    regex: str
    replace: str


def read_sanitize_file(path: Path | str) -> tuple[SanitizeRule, ...]:
    """Read an nbval sanitise file: pairs of lines `regex: …` and `replace: …`, sections and anything else ignored.

    A regex given twice keeps its first place and its last replacement, as in nbval. Raises SanitizeFileError
    (recipe-unreadable) when the file cannot be read, is too large, or holds an expression that is refused.
    """
    file = Path(path)
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise SanitizeFileError("recipe-unreadable", file=file.name, reason=f"larger than {MAX_FILE_BYTES} bytes")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SanitizeFileError("recipe-unreadable", file=file.name, reason=str(error)) from error
    pairs = dict(re.findall(r"^regex: (.*)$\n^replace: (.*)$", text, flags=re.MULTILINE))
    if len(pairs) > MAX_RULES:
        raise SanitizeFileError("recipe-unreadable", file=file.name, reason=f"more than {MAX_RULES} expressions")
    rules = tuple(SanitizeRule(regex, replace) for regex, replace in pairs.items())
    for rule in rules:
        _check(rule, file.name)
    return rules


def apply_sanitizers(text: str, rules: Sequence[SanitizeRule]) -> str:
    """Apply the rules in their order."""
    for rule in rules:
        text = re.sub(rule.regex, rule.replace, text)
    return text


def _check(rule: SanitizeRule, name: str) -> None:
    if len(rule.regex) > MAX_PATTERN_CHARS or len(rule.replace) > MAX_PATTERN_CHARS:
        raise SanitizeFileError("recipe-unreadable", file=name, reason="an expression is too long")
    if _NESTED_REPEAT.search(rule.regex):
        reason = f"“{rule.regex}” repeats a repetition and may never end"
        raise SanitizeFileError("recipe-unreadable", file=name, reason=reason)
    try:
        re.compile(rule.regex).sub(rule.replace, "")
    except (re.error, IndexError, RecursionError, OverflowError) as error:
        raise SanitizeFileError("recipe-unreadable", file=name, reason=f"“{rule.regex}”: {error}") from error
