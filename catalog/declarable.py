"""What a target may declare of how its notebook runs and is compared, and within which bounds. No Django here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MOST_THREADS: Final = 64
# The rules by which the comparison leaves out what is no result (docs/comparison.md); each can be switched off.
COMPARISON_RULES: Final = (
    *(
        "ansi",
        "progress-bars",
        "installer-output",
        "written-files",
        "warning-places",
        "paths",
        "object-reprs",
        "memory-addresses",
    ),
    *("random-identifiers", "timings", "dates", "numpy-scalars", "type-names", "literal-order", "array-wrapping"),
    *("column-spacing", "html-layout", "latex-layout", "video-previews", "error-stream"),
)
# Those that need no display, by the value of MPLBACKEND, with the word for it.
MATPLOTLIB_BACKENDS: Final[Mapping[str, str]] = {
    **{name: name for name in ("agg", "cairo", "pdf", "pgf", "ps", "svg")},
    "module://matplotlib_inline.backend_inline": "inline",
}

# By what a repository declares its environment, in the order in which the facet of the search lists equals.
DECLARATIONS: Final = {
    "dockerfile": "Dockerfile",
    "image": "container image",
    "singularity": "Singularity image",
    "nix": "Nix",
    "pylock": "pylock.toml",
    "conda-lock": "lock of conda",
    "conda": "environment.yml (conda)",
    "pipfile": "Pipfile",
    "requirements": "requirements.txt",
    "pixi": "pixi",
    "uv": "uv.lock",
    "poetry": "poetry.lock",
    "pyproject": "pyproject.toml",
    "setup": "setup.py or setup.cfg",
    "r": "R",
    "julia": "Julia",
    "modules": "environment modules",
    "none": "nothing declared",
}
