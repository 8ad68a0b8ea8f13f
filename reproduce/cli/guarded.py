"""Do the work of a command, with every refusal and interruption told on a line and turned into its exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from catalog.causes import CausedError
from reproduce.cli.exit_code import code_of_refusal
from reproduce.cli.interruption import exit_code_of, signals_as_interruptions
from reproduce.cli.words import explain
from reproduce.refusal import verdict_of


def guarded(work: Callable[[], int], stderr: TextIO) -> int:
    """Do `work` and return its exit code, or that of the refusal or interruption that ended it."""
    try:
        with signals_as_interruptions():
            return work()
    except CausedError as error:
        stderr.write(explain(error.cause) + "\n")
        return code_of_refusal(verdict_of(error), error.cause)
    except KeyboardInterrupt as interruption:
        stderr.write("Interrupted.\n")
        return exit_code_of(interruption)
