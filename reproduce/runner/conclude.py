"""The last part of the runner program: run the attempt, cancelled by signals, and leave its result in the bundle."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from reproduce.runner.attempt import Attempt
from reproduce.runner.bundle import write_result


def conclude(attempt: Attempt, bundle: Path) -> int:
    """Run the attempt and write its result; return the exit status of the program."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: attempt.cancel())
    result = attempt.run()
    try:
        write_result(bundle, result)
    except OSError as error:
        sys.stderr.write(f"reproduce.runner: the result cannot be written: {error}\n")
        return 2
    return 0


def leave(status: int) -> NoReturn:
    """End the program at once. All is written; taking the interpreter apart would take longer than a small run."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
