"""How a run ended, judged from what was seen: the guard's breach, the exception, the exit status, the cell."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass, replace
from typing import Any, Final

from reproduce.runner.guard import Breach
from reproduce.runner.job import Failure, Job, Limits, Status
from reproduce.runner.quantities import bytes_words

TRACEBACK_CHARACTERS: Final = 20_000
EVALUE_CHARACTERS: Final = 2_000
_ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_MEMORY_ERRORS: Final = frozenset({"MemoryError", "_ArrayMemoryError"})
# EFBIG: a file beyond RLIMIT_FSIZE.
_FILE_TOO_LARGE: Final = re.compile(r"\[Errno 27\]")
_DISK_FULL: Final = re.compile(r"\[Errno 28\]|\[Errno 122\]")
_MACHINE_FULL_BYTES: Final = 64 << 20
_NOTHING_FREE_BYTES: Final = 1 << 20
_DOUBTFUL_ON_FULL_DISK: Final = frozenset({"completed", "cell-raised", "kernel-died", "kernel-not-started"})
_FULL: Final = "[Errno 28] this machine had no disk space left while it ran."


@dataclass(frozen=True, slots=True)
class Place:
    """The cell a run ended in; None and None before the first and in what the runner itself put in."""

    cell_id: str | None = None
    cell_index: int | None = None
    source: str = ""


Outcome = tuple[Status, Failure | None]


def stopped(breach: Breach, place: Place) -> Outcome:
    """The guard, or the person who cancelled, ended it."""
    return breach.status, Failure(place.cell_id, place.cell_index, "", breach.detail, "", breach.limit)


def raised(output: dict[str, Any], place: Place, limits: Limits) -> Outcome:
    """A cell raised: `output` is its error as the kernel reported it."""
    ename, evalue = str(output.get("ename", "")), plain(str(output.get("evalue", "")))[:EVALUE_CHARACTERS]
    frames = output.get("traceback")
    trace = plain("\n".join(map(str, frames)) if isinstance(frames, list) else "")
    status: Status = "cell-raised"
    limit = ""
    if ename in _MEMORY_ERRORS:
        status, limit = "out-of-memory", bytes_words(limits.memory_bytes)
    elif ename in ("OSError", "IOError") and _FILE_TOO_LARGE.search(evalue):
        status, limit = "out-of-disk", bytes_words(limits.scratch_bytes)
    trace = _middle_cut(trace)
    return status, Failure(place.cell_id, place.cell_index, ename, evalue, trace, limit, place.source)


def unless_machine_full(ending: Outcome, free_bytes: float) -> Outcome:
    """Take back what says something of the notebook when this machine's disk was full: that is not its doing.

    `free_bytes` is the least that was free while it ran. With next to nothing, whatever the notebook did may have
    gone wrong because of it, also where it went on.
    """
    status, failure = ending
    is_said = failure is not None and _DISK_FULL.search(failure.evalue) is not None
    is_full_for_it = status == "cell-raised" and is_said and free_bytes < _MACHINE_FULL_BYTES
    if is_full_for_it and failure is not None:
        return "internal-error", failure
    if free_bytes < _NOTHING_FREE_BYTES and status in _DOUBTFUL_ON_FULL_DISK:
        failure = failure or Failure(None, None, "", "", "")
        return "internal-error", replace(failure, evalue=f"{_FULL} {failure.evalue}".strip())
    return ending


def died(exit_status: int | None, place: Place, log: str) -> Outcome:
    """The kernel ended by itself, in a cell or between two."""
    failure = Failure(place.cell_id, place.cell_index, "", ending_words(exit_status), log)
    return "kernel-died", failure


def is_confinement_killed(exit_status: int | None, job: Job) -> bool:
    """Whether a signal ended what confines the kernel. It comes from outside, because no notebook reaches that.

    The kernel's own end by a signal is told by bubblewrap as an exit status, 128 and the signal's number.
    """
    return job.sandbox != "none" and exit_status is not None and exit_status < 0


def confinement_killed(exit_status: int | None, place: Place) -> Outcome:
    """Somebody on this machine ended the sandbox: that says nothing of the notebook."""
    reason = f"the sandbox was {ending_words(exit_status)}"
    return "internal-error", Failure(place.cell_id, place.cell_index, "", reason, "")


def not_started(reason: str, log: str) -> Outcome:
    """The kernel did not get ready."""
    return "kernel-not-started", Failure(None, None, "", reason, log)


def broken(error: BaseException, trace: str) -> Outcome:
    """The runner failed."""
    reason = f"{type(error).__name__}: {str(error)[:EVALUE_CHARACTERS]}"
    return "internal-error", Failure(None, None, type(error).__name__, reason, _middle_cut(trace))


def ending_words(exit_status: int | None) -> str:
    """How a process ended, in words. Bubblewrap tells a signal as 128 and its number."""
    if exit_status is None:
        return "it stopped answering"
    number = -exit_status if exit_status < 0 else exit_status - 128
    if number > 0:
        try:
            return f"killed by signal {number}, {signal.Signals(number).name}"
        except ValueError:
            pass
    return f"it ended with exit status {exit_status}"


def plain(text: str) -> str:
    """Text without a terminal's colours, and with nothing that UTF-8 cannot hold."""
    return _ANSI.sub("", text).encode("utf-8", "replace").decode("utf-8")


def _middle_cut(text: str) -> str:
    if len(text) <= TRACEBACK_CHARACTERS:
        return text
    half = TRACEBACK_CHARACTERS // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
