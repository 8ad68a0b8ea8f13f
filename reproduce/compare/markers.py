"""What an author told nbval about a cell, by comment or by tag. The words are nbval's, so its notebooks work here.

https://nbval.readthedocs.io describes them: a comment line of its own, or the same word in lower case with hyphens
among the cell's tags. Where both speak, the comment wins; where several speak, the last one does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

_Option = Literal["check", "ignore", "raises", "skip"]

_COMMENTS: Final[dict[str, _Option]] = {
    "PYTEST_VALIDATE_IGNORE_OUTPUT": "ignore",
    "NBVAL_IGNORE_OUTPUT": "ignore",
    "NBVAL_CHECK_OUTPUT": "check",
    "NBVAL_RAISES_EXCEPTION": "raises",
    "NBVAL_SKIP": "skip",
}
_TAGS: Final[dict[str, _Option]] = {word.lower().replace("_", "-"): option for word, option in _COMMENTS.items()} | {
    "raises-exception": "raises"
}


@dataclass(frozen=True, slots=True)
class Markers:
    """`is_ignored`: outputs are not compared; `is_skipped`: nbval would not even run the cell."""

    is_ignored: bool = False
    is_skipped: bool = False
    may_raise: bool = False


def read_markers(source: str, tags: Any) -> Markers:  # noqa: ANN401 - whatever the notebook's metadata holds
    """Return the markers of a cell. Tags that are no list of strings are passed over, as nbval does."""
    options: list[_Option] = [_TAGS[tag] for tag in _strings(tags) if tag in _TAGS]
    for line in source.splitlines():
        text = line.strip()
        if text.startswith("#"):
            option = _COMMENTS.get(text.lstrip("#").strip())
            if option is not None:
                options.append(option)
    is_ignored = False
    for option in options:
        if option in ("check", "ignore"):
            is_ignored = option == "ignore"
    return Markers(is_ignored=is_ignored, is_skipped="skip" in options, may_raise="raises" in options)


def _strings(value: Any) -> list[str]:  # noqa: ANN401 - as above
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
