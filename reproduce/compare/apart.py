"""Programs of ours that read what a stranger made, each in a process of its own: there it may fail and harm nothing."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

# (command, files it reads) -> the command line that confines it.
Confine = Callable[[list[str], Sequence[Path]], list[str]]

MOST_ANSWER_BYTES: Final = 256 * 2**20
_READ_BY_PROGRAM: Final = (
    *("reproduce/__init__.py", "reproduce/compare", "catalog/__init__.py"),
    *("catalog/causes.py", "catalog/cause_kinds.py", "catalog/login_causes.py"),
    *("catalog/deposit_causes.py", "catalog/preview_causes.py"),
)
_PROJECT: Final = Path(__file__).resolve().parents[2]


class CutShortError(Exception):
    """The program gave no answer; the text says how it ended."""


@dataclass(slots=True)
class Apart:
    """Runs such programs. `confine` wraps their command lines; `left_s` is the time that all of them have together."""

    confine: Confine | None = None
    left_s: float = 1800.0

    def ask(
        self, module: str, arguments: Sequence[str], *, timeout_s: float, shown: Sequence[Path] = (), given: bytes = b""
    ) -> dict[str, Any]:
        """Run a module of this package as a program and return the JSON object that it prints. Raises CutShortError.

        Confined, it sees of the machine's files `shown` and the comparison alone. `given` is its standard input.
        """
        if self.left_s <= 0:
            raise CutShortError("those before it took all the time there is")
        command = [sys.executable, "-P", "-s", "-m", f"reproduce.compare.{module}", *arguments]
        if self.confine is not None:
            command = self.confine(command, [*shown, *(_PROJECT / name for name in _READ_BY_PROGRAM)])
        began = time.monotonic()
        try:
            return _run(command, given, min(timeout_s, self.left_s))
        finally:
            self.left_s -= time.monotonic() - began


def _run(command: list[str], given: bytes, timeout_s: float) -> dict[str, Any]:
    variables = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(_PROJECT), "OMP_NUM_THREADS": "1"}
    # Files and no pipes: nobody has to read or write while the program runs, and the size of the answer is known.
    with tempfile.TemporaryFile() as taken, tempfile.TemporaryFile() as answer:
        taken.write(given)
        taken.seek(0)
        try:
            subprocess.run(
                command,
                stdin=taken,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                timeout=timeout_s,
                check=True,
                env=variables,
                cwd="/",
            )
        except subprocess.TimeoutExpired as error:
            raise CutShortError(f"it took more than {timeout_s:.0f} seconds") from error
        except (OSError, subprocess.SubprocessError) as error:
            raise CutShortError("the program that reads it came to no end of its own") from error
        return _read_answer(answer)


def _read_answer(answer: IO[bytes]) -> dict[str, Any]:
    answer.seek(0)
    text = answer.read(MOST_ANSWER_BYTES + 1)
    try:
        found = json.loads(text) if len(text) <= MOST_ANSWER_BYTES else None
    except (ValueError, RecursionError) as error:
        raise CutShortError("the program that reads it gave no answer") from error
    if not isinstance(found, dict):
        raise CutShortError("the program that reads it gave no answer")
    return found


def bound_process(memory_bytes: int, processor_s: float) -> None:
    """Bound this process for good: its memory, its processor time, what it writes; it leaves no core."""
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, int(processor_s)),
        (resource.RLIMIT_FSIZE, MOST_ANSWER_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
