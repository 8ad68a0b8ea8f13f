"""What the linter can say of a repository: an advice, and the kinds of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["rots", "may rot"]

# Each kind with how sure it is that the environment can't be made again one day. docs/linter.md explains them.
SEVERITIES: Final[dict[str, Severity]] = {
    "nothing-declared": "rots",
    "import-not-declared": "rots",
    "not-pinned": "rots",
    "half-pinned": "rots",
    "lower-bound-only": "rots",
    "version-range": "may rot",
    "no-lock": "may rot",
    "outdated-lock": "rots",
    "python-not-pinned": "rots",
    "compiled-without-python": "rots",
    "python-range": "may rot",
    "python-past-its-end": "may rot",
    "saved-with-another-python": "rots",
    "git-without-commit": "rots",
    "git-tag": "may rot",
    "address-without-checksum": "rots",
    "other-index": "rots",
    "conda-without-channel": "rots",
    "conda-defaults": "may rot",
    "install-in-notebook": "rots",
    "data-without-checksum": "rots",
    "absolute-path": "rots",
    "apt-not-pinned": "may rot",
    "image-not-pinned": "rots",
    "image-without-digest": "may rot",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that will rot, or may, and the fix: the text to write. `line` counts from 1, None for a notebook."""

    id: str
    file: str
    line: int | None
    message: str
    fix: str
    severity: Severity


def advise(id_: str, file: str, line: int | None, *, message: str, fix: str) -> Advice:
    """Return an advice of one of the known kinds."""
    return Advice(id_, file, line, message, fix, SEVERITIES[id_])


def listed(items: list[str] | tuple[str, ...], *, most: int = 8) -> str:
    """Return "a, b and c" of what is listed, the rest as a number."""
    shown = list(items[:most])
    if len(items) > most:
        shown.append(f"{len(items) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
