"""Run something hostile in a process of its own, and measure what it takes."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from catalog.causes import CausedError

_LONGEST_S = 90.0


@dataclass(frozen=True)
class Outcome:
    """The cause it ended with ("" for none), what that or the result says, seconds, and MiB more than before."""

    cause: str
    says: str
    seconds: float
    memory_mib: int


def outcome_of(call: Callable[[], object]) -> Outcome:
    """Return how `call` ends. Whatever else than a cause it raises is a fault of ours and fails the test."""
    # A fork: what the call needs is there, and its memory is counted from here.
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_run, args=(call, there))
    process.start()
    there.close()
    try:
        assert here.poll(_LONGEST_S), f"it did not end in {_LONGEST_S} s"
        told = here.recv()
    finally:
        process.join(5)
        process.kill()
        process.join()
    assert isinstance(told, Outcome), told
    return told


def _run(call: Callable[[], object], there: Connection) -> None:
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    cause, says = "", ""
    try:
        says = str(call())
    except CausedError as error:
        cause, says = error.kind_id, str(error)
    except BaseException as error:  # the parent tells it
        there.send(f"{type(error).__name__}: {error}")
        raise
    seconds = time.monotonic() - started
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    # A program starts as a copy of this process, whose size the system keeps on its account: only more is its own.
    others = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    others = others if others > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss else 0
    there.send(Outcome(cause, says, seconds, max(own, others) // 1024))
