"""What a target may declare of how its notebook runs, and within which bounds. No Django here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MOST_THREADS: Final = 64
# Those that need no display, by the value of MPLBACKEND, with the word for it.
MATPLOTLIB_BACKENDS: Final[Mapping[str, str]] = {
    **{name: name for name in ("agg", "cairo", "pdf", "pgf", "ps", "svg")},
    "module://matplotlib_inline.backend_inline": "inline",
}
