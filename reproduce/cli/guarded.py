"""Do the work of a command, with every refusal, interruption and fault told on a line and turned into its exit code."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from django.conf import settings

from catalog.causes import CausedError, cause
from reproduce.cli.evidence import INTERNAL_ERROR
from reproduce.cli.exit_code import code_of_refusal
from reproduce.cli.interruption import exit_code_of, signals_as_interruptions
from reproduce.cli.words import explain
from reproduce.refusal import verdict_of
from reproduce.verdicts import EXIT_SERVICE


def guarded(work: Callable[[], int], stderr: TextIO) -> int:
    """Do `work` and return its exit code, or that of the refusal, interruption or fault that ended it. Never raises."""
    try:
        with signals_as_interruptions():
            return work()
    except CausedError as error:
        stderr.write(explain(error.cause) + "\n")
        return code_of_refusal(verdict_of(error), error.cause)
    except KeyboardInterrupt as interruption:
        stderr.write("Interrupted.\n")
        return exit_code_of(interruption)
    except Exception as error:  # noqa: BLE001 - the edge: a fault of ours is told as one, never as a traceback
        tell_fault(error, stderr)
        place = Path(settings.REPRISE_DATA) / INTERNAL_ERROR
        try:
            place.write_text("".join(traceback.format_exception(error)), encoding="utf-8", errors="backslashreplace")
            stderr.write(f"Traceback: {place}\n")
        except OSError:
            traceback.print_exception(error, file=stderr)
        return EXIT_SERVICE


def tell_fault(error: Exception, stderr: TextIO) -> None:
    """Tell an unexpected error on one line: a full disk as one, anything else as a fault of ours."""
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    reason = f"{type(error).__name__}: {error}"
    why = cause("disk-full", path=settings.REPRISE_DATA) if is_full else cause("internal-error", reason=reason[:300])
    stderr.write(explain(why) + "\n")
