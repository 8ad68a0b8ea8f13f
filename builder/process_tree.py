"""What is running below a process: its descendants, their memory, and their end. Linux only, read from /proc."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def descendants(root: int, *, at_most: int = 100_000) -> list[int]:
    """Process ids below `root`, parents first, without `root`. Those that end while it looks are left out.

    It stops looking when it has found more than `at_most`.
    """
    found: list[int] = []
    pending = [root]
    while pending and len(found) <= at_most:
        below = children(pending.pop())
        found += below
        pending += below
    return found


def children(pid: int) -> list[int]:
    """Process ids of those that `pid` itself is the parent of."""
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - called often
    except OSError:
        return found
    for thread in threads:
        with suppress(OSError):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_bytes().split())
    return found


def count_threads(pids: list[int]) -> int:
    """Threads of the processes together."""
    total = 0
    for pid in pids:
        with suppress(OSError, IndexError, ValueError):
            status = Path(f"/proc/{pid}/stat").read_bytes()
            total += int(status[status.rfind(b")") + 2 :].split()[17])
    return total


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


def processor_s(pids: list[int]) -> float:
    """Processor time of the processes together so far, in seconds."""
    total = 0
    for pid in pids:
        with suppress(OSError, IndexError, ValueError):
            status = Path(f"/proc/{pid}/stat").read_bytes()
            # The name, in brackets, may hold anything.
            total += sum(map(int, status[status.rindex(b")") + 2 :].split()[11:13]))
    return total / TICKS_PER_S


def nameless_bytes(pids: list[int]) -> tuple[int, int]:
    """Space of files that the processes hold open but that no directory names: on disk, and in memory (memfd)."""
    files: dict[tuple[int, int], tuple[bool, int]] = {}
    for pid in pids:
        with suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - called often
                path = f"/proc/{pid}/fd/{name}"
                with suppress(OSError):
                    status = os.stat(path)  # noqa: PTH116 - called often
                    if status.st_nlink == 0 and status.st_blocks:
                        is_memory = os.readlink(path).startswith("/memfd:")  # noqa: PTH115 - likewise
                        files[status.st_dev, status.st_ino] = is_memory, status.st_blocks * 512
    sizes = list(files.values())
    in_memory = sum(size for is_memory, size in sizes if is_memory)
    return sum(size for _, size in sizes) - in_memory, in_memory


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
