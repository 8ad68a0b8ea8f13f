"""What something took: of the processor, and by the clock; and what a comparison does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode

from reproduce.compare import compare_notebooks
from reproduce.compare.lettering import LIKENESSES


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of all processors together, kernel included, and seconds that passed."""

    processor_s: float
    clock_s: float


def timed(call: Callable[[], object]) -> Spent:
    """Return what a call takes in this process, in all of its threads."""
    began = time.monotonic()
    used = time.process_time()
    call()
    return Spent(time.process_time() - used, time.monotonic() - began)


def ask_ours(published: NotebookNode, fresh: NotebookNode, at_once: int = 1) -> Spent:
    """Return what our comparison takes of two notebooks that it has not seen."""
    LIKENESSES.forget()
    return timed(lambda: compare_notebooks(published, fresh, at_once=at_once))
