"""What is running below a process: its descendants, their memory, and their end. Linux only, read from /proc."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def descendants(root: int, *, at_most: int = 100_000) -> list[int]:
    """Process ids below `root`, parents first, without `root`. Those that end while it looks are left out."""
    found: list[int] = []
    pending = [root]
    while pending and len(found) < at_most:
        children = _children(pending.pop())
        found += children
        pending += children
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - called often
    except OSError:
        return children
    for thread in threads:
        with suppress(OSError):
            children += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_bytes().split())
    return children


def resident_bytes(pids: list[int]) -> int:
    """Resident memory of the processes together; pages that they share are counted once for each."""
    total = 0
    for pid in pids:
        with suppress(OSError, IndexError):
            total += int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * PAGE_BYTES
    return total


def proportional_bytes(pids: list[int]) -> int:
    """Resident memory of the processes together, shared pages counted once; slower than `resident_bytes`."""
    total = 0
    for pid in pids:
        with suppress(OSError, ValueError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines():
                if line.startswith(b"Pss:"):
                    total += int(line.split()[1]) * 1024
                    break
    return total


def unlinked_bytes(pids: list[int]) -> int:
    """Disk space of files that the processes hold open but that no directory names any more."""
    files: dict[tuple[int, int], int] = {}
    for pid in pids:
        with suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - called often
                with suppress(OSError):
                    status = os.stat(f"/proc/{pid}/fd/{name}")  # noqa: PTH116 - called often
                    if status.st_nlink == 0 and status.st_blocks:
                        files[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(files.values())


def kill_all(root: int, *, is_root_included: bool, within_s: float = 2.0) -> bool:
    """Kill the tree, as often as it grows again; True when nothing of it is left."""
    end = time.monotonic() + within_s
    while True:
        if is_root_included:
            _kill(root)
        pids = [pid for pid in descendants(root) if is_alive(pid)]
        for pid in pids:
            _kill(pid)
        if not pids:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.005)


def is_alive(pid: int) -> bool:
    """Whether the process exists and has not ended; a zombie has."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return status[status.rfind(b")") + 2 : status.rfind(b")") + 3] not in (b"Z", b"X", b"")


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
