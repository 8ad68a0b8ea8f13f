"""As `reproduce.preview.program`, for a picture of the default plot. Apart, because to load what draws takes time."""

from __future__ import annotations

import sys

from reproduce.preview.program import main  # isort: skip - it goes before what loads h5grove
from reproduce.preview.default_plot import default_plot
from reproduce.preview.drawing import draw
from reproduce.preview.guarded_file import GuardedFile
from reproduce.preview.question import Question


def plot(file: GuardedFile, _question: Question) -> bytes:
    """Return the picture."""
    return draw(default_plot(file))


if __name__ == "__main__":
    main(sys.argv[1:], plot)
