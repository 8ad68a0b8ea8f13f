"""A control group for one run: memory, processes and processors are kept by the operating system, not sampled."""

from __future__ import annotations

import itertools
import os
import re
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from reproduce.runner.confinement.group_places import GroupPlace, group_places, groups_of
from reproduce.runner.job import Limits
from reproduce.runner.runner_identity import is_gone, own_identity

# Threads count as processes here, and those of the confinement itself do; the sampled count is exact.
PROCESSES_SLACK: Final = 64
_NAME: Final = re.compile(r"reprise-((?:\d+-){2}\d+)-\d+")
_NUMBERS: Final = itertools.count(1)
_PERIOD_US: Final = 100_000
_REMOVE_WITHIN_S: Final = 2.0
_BY: Final = {
    "memory": ("memory_bytes", "memory.max of a control group; RLIMIT_DATA of each process"),
    "pids": ("processes", "count of all processes, sampled; pids.max of a control group; RLIMIT_NPROC"),
    "cpu": ("processors", "cpu.max of a control group; processor affinity"),
}

PassedLimit = Literal["memory", "processes"]


class ControlGroup:
    """The directories of one group, one for each controller or for several. Made by `make_group`."""

    def __init__(self, directories: dict[str, Path], versions: dict[str, int]) -> None:
        self._directories = directories
        self._versions = versions

    @classmethod
    def of(cls, pid: int) -> ControlGroup:
        """Return the group that a process is in already, made by somebody else, to be read. Raises OSError."""
        found = groups_of(pid)
        return cls({name: path for name, (path, _) in found.items()}, {name: each for name, (_, each) in found.items()})

    @property
    def keeps_memory(self) -> bool:
        """Whether memory is limited by it."""
        return "memory" in self._directories

    def kept_by(self) -> dict[str, str]:
        """How it keeps which limit, for the result."""
        told = {}
        for controller in self._directories:
            limit, words = _BY[controller]
            told[limit] = words if self._versions[controller] == 2 else _words_of_version_1(words)
        return told

    def join(self) -> None:
        """Move the calling process into it; called between fork and exec, so that nothing begins outside."""
        for directory in set(self._directories.values()):
            _write(directory / "cgroup.procs", "0")

    def passed_limit(self) -> PassedLimit | None:
        """Return the limit at which the operating system has ended or refused a process of the group."""
        if self._count("memory", "memory.events", "memory.oom_control", "oom_kill"):
            return "memory"
        return "processes" if self._count("pids", "pids.events", "pids.events", "max") else None

    def pids(self) -> list[int]:
        """Return its processes, also those that no parent knows any more."""
        return sorted(set().union(*map(_pids_in, set(self._directories.values()))))

    def remove(self) -> bool:
        """Kill what is left in it and remove it; True when it is gone."""
        gone = [_remove(directory) for directory in set(self._directories.values())]
        return all(gone)

    def _count(self, controller: str, file: str, file_of_version_1: str, name: str) -> int:
        directory = self._directories.get(controller)
        if directory is None:
            return 0
        path = directory / (file if self._versions[controller] == 2 else file_of_version_1)
        with suppress(OSError):
            for line in path.read_text().splitlines():
                if line.startswith(f"{name} "):
                    return int(line.split()[1])
        return 0


def make_group(limits: Limits, places: Iterable[GroupPlace] | None = None) -> ControlGroup | None:
    """Make a group with these limits, None where none can be made. What killed runners left is removed first."""
    name = f"reprise-{own_identity()}-{next(_NUMBERS)}"
    directories: dict[str, Path] = {}
    versions: dict[str, int] = {}
    for place in group_places() if places is None else places:
        sweep_groups(place.parent)
        directory = place.parent / name
        with suppress(OSError):
            directory.mkdir()
            for controller in place.controllers:
                with suppress(OSError):
                    for file, text in _settings(controller, place.version, limits):
                        _write(directory / file, text)
                    directories[controller], versions[controller] = directory, place.version
            if directory not in directories.values():
                directory.rmdir()
    return ControlGroup(directories, versions) if directories else None


def sweep_groups(parent: Path) -> int:
    """Remove the groups of runners that are no more, with what runs in them; return how many went."""
    removed = 0
    with suppress(OSError):
        for directory in parent.iterdir():
            match = _NAME.fullmatch(directory.name)
            if match is not None and is_gone(match[1]):
                removed += _remove(directory)
    return removed


def sweep_all_groups() -> None:
    """Remove the groups of runners that are no more wherever a group can be made."""
    for place in group_places():
        sweep_groups(place.parent)


def _settings(controller: str, version: int, limits: Limits) -> list[tuple[str, str]]:
    """Files and what is written to them, in this order; those with a "?" are not everywhere."""
    memory, processes = str(limits.memory_bytes), str(limits.processes + PROCESSES_SLACK)
    quota = str(max(int(limits.processors * _PERIOD_US), 1000))
    if controller == "pids":
        return [("pids.max", processes)]
    if controller == "cpu":
        if version == 2:
            return [("cpu.max", f"{quota} {_PERIOD_US}")]
        return [("cpu.cfs_period_us", str(_PERIOD_US)), ("cpu.cfs_quota_us", quota)]
    if version == 2:
        return [("memory.max", memory), ("memory.swap.max?", "0"), ("memory.oom.group?", "1")]
    return [("memory.limit_in_bytes", memory), ("memory.memsw.limit_in_bytes?", memory)]


def _write(path: Path, text: str) -> None:
    """Write in one call, as these files want it; one whose name ends in "?" may be missing."""
    name = str(path)
    if name.endswith("?"):
        name = name[:-1]
        if not os.access(name, os.W_OK):
            return
    file = os.open(name, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(file, text.encode("ascii"))
    finally:
        os.close(file)


def _pids_in(directory: Path) -> set[int]:
    found: set[int] = set()
    for path in [directory, *(each for each in directory.rglob("*") if each.is_dir())]:
        with suppress(OSError):
            found.update(map(int, (path / "cgroup.procs").read_text().split()))
    return found - {0}


def _remove(directory: Path) -> bool:
    end = time.monotonic() + _REMOVE_WITHIN_S
    while True:
        # Read anew each time: what is about to be killed may have started another.
        for pid in _pids_in(directory):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            for below in sorted((each for each in directory.rglob("*") if each.is_dir()), reverse=True):
                below.rmdir()
            directory.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        else:
            return True


def _words_of_version_1(words: str) -> str:
    names = {"memory.max": "memory.limit_in_bytes", "cpu.max": "cpu.cfs_quota_us"}
    for name, older in names.items():
        words = words.replace(name, older)
    return words
