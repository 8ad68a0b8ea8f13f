"""Who a running runner is, so that what a killed one left can be told from what a living one needs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from builder.process_tree import is_alive

IDENTITY: Final = re.compile(r"(\d+)-(\d+)-(\d+)")


def own_identity() -> str:
    """Return this process's namespace, id and time of start: together they never come again."""
    return f"{_namespace()}-{os.getpid()}-{_started(os.getpid())}"


def is_gone(identity: str) -> bool:
    """Tell whether that process has ended. False for what is no identity, or is another namespace's to judge."""
    match = IDENTITY.fullmatch(identity)
    # A process id means nothing outside its own namespace.
    if match is None or int(match[1]) != _namespace():
        return False
    return not is_alive(int(match[2])) or _started(int(match[2])) != int(match[3])


def _namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def _started(pid: int) -> int:
    """When the process started, in ticks since the machine did; -1 when there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return -1
    return int(status[status.rfind(b")") + 2 :].split()[19])
