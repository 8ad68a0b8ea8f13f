"""Ctrl-C and its relatives: one exception for all, raised in the main thread, once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StoppedError(KeyboardInterrupt):
    """A signal asked for the end of the work."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def exit_code_of(interruption: KeyboardInterrupt) -> int:
    """Return what shells expect of a process that a signal ended: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
    return 128 + (interruption.number if isinstance(interruption, StoppedError) else signal.SIGINT)


@contextmanager
def signals_as_interruptions() -> Iterator[None]:
    """Raise StoppedError in the main thread at the first signal; leave at once at the second.

    Leaving at once is safe: the runners end with the process that started them.
    """
    stopped: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        if stopped:
            os._exit(128 + number)
        stopped.append(number)
        raise StoppedError(number)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
