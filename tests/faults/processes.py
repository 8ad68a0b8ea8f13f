"""The processes of an installation as /proc shows them: who works on which run, and what is left."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from builder.process_tree import descendants, is_alive


def command_line(pid: int) -> str:
    """Return the command line of a process, empty when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    return ""


def is_runner(pid: int) -> bool:
    """Tell whether the process is a runner program."""
    return "reproduce.runner" in command_line(pid)


def is_bubblewrap(pid: int) -> bool:
    """Tell whether the process is bubblewrap, outside or as the first process inside."""
    return command_line(pid).split(" ", 1)[0].endswith("bwrap")


def works_on(pid: int, run: str) -> bool:
    """Tell whether a process holds the directory of an attempt of the run."""
    with suppress(OSError):
        for open_file in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if f"/runs/{run}." in str(open_file.readlink()):
                    return True
    return False


def is_held(place: Path) -> bool:
    """Tell whether a living process holds a directory; one that has just gone needs no holder."""
    try:
        descriptor = os.open(place, os.O_RDONLY)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def kill(pid: int) -> bool:
    """Kill a process as the system would; tell whether it was there."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def kill_machine(pid: int) -> bool:
    """Kill a process and all below it at once, as a power cut does."""
    below = descendants(pid)
    was_there = kill(pid)
    for each in below:
        kill(each)
    return was_there


def outliving(mark: str) -> list[str]:
    """Return the command lines of processes that still name `mark` after ten seconds.

    One that was just being made ends as soon as it begins.
    """
    until = time.monotonic() + 10
    while (found := _remaining(mark)) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def _remaining(mark: str) -> list[str]:
    """Return the command lines of living processes that name `mark` on it, in their variables or as their directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            place = str((process / "cwd").readlink())
            pid = int(process.name)
            if pid != os.getpid() and (mark.encode() in seen or mark in place) and is_alive(pid):
                found.append(command_line(pid))
    return found
