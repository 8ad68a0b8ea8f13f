"""End a program that was started in a session of its own, with everything that it started."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import Final

_WAIT_S: Final = 10


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the process group of `process`, unless it has ended, and wait until it has."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        process.wait(_WAIT_S)
