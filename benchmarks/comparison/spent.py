"""What something took: of the processor, and by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


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
