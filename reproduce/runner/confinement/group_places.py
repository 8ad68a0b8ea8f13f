"""Where this process may make control groups: the directories of version 1 or 2 below which it is allowed to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CONTROLLERS: Final = ("memory", "pids", "cpu")


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """A directory below which a group can be made, for which controllers, by which version's rules."""

    parent: Path
    controllers: tuple[str, ...]
    version: int


def group_places(mounts: str | None = None, memberships: str | None = None) -> tuple[GroupPlace, ...]:
    """Return a place for each controller that can be had; none where none can.

    `mounts` and `memberships` are the texts of /proc/self/mountinfo and /proc/self/cgroup. Groups of version 1 are
    made below the own one. Version 2 wants no processes beside groups, so there they are made beside the own one,
    where its parent was given to this service (systemd: Delegate=yes and DelegateSubgroup=).
    """
    own = _own_groups(Path("/proc/self/cgroup").read_text() if memberships is None else memberships)
    places: dict[Path, GroupPlace] = {}
    taken: set[str] = set()
    for mount, root, kind, options in _mounts(Path("/proc/self/mountinfo").read_text() if mounts is None else mounts):
        version = 2 if kind == "cgroup2" else 1
        wanted = [name for name in CONTROLLERS if name not in taken and (version == 2 or name in options)]
        if not wanted:
            continue
        path = _below(mount, root, own.get("" if version == 2 else wanted[0], "/"))
        place = _shared_place(path, mount, wanted) if version == 2 else _own_place(path, wanted)
        if place is not None:
            places[place.parent] = place
            taken.update(place.controllers)
    return tuple(places.values())


def groups_of(pid: int) -> dict[str, tuple[Path, int]]:
    """Return for each controller the directory of the group that the process is in, and its version. Raises OSError."""
    own = _own_groups(Path(f"/proc/{pid}/cgroup").read_text())
    found: dict[str, tuple[Path, int]] = {}
    for mount, root, kind, options in _mounts(Path("/proc/self/mountinfo").read_text()):
        for name in CONTROLLERS:
            group = own.get("" if kind == "cgroup2" else name)
            if group is None or name in found or (kind == "cgroup" and name not in options):
                continue
            path = _below(mount, root, group)
            if path != mount and (kind == "cgroup" or name in (path / "cgroup.controllers").read_text().split()):
                found[name] = (path, 2 if kind == "cgroup2" else 1)
    return found


def _mounts(text: str) -> list[tuple[Path, str, str, list[str]]]:
    """Mounts of control groups: where, which part of the hierarchy, file system, options."""
    found = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(), after.split()
        if len(fields) > 4 and len(kinds) > 2 and kinds[0] in ("cgroup", "cgroup2"):
            found.append((Path(fields[4]), fields[3], kinds[0], kinds[2].split(",")))
    return found


def _own_groups(text: str) -> Mapping[str, str]:
    """This process's group for each controller; that of version 2 has an empty name."""
    groups = {}
    for line in text.splitlines():
        _, names, path = line.split(":", 2)
        groups.update(dict.fromkeys(names.split(","), path))
    return groups


def _below(mount: Path, root: str, group: str) -> Path:
    inside = os.path.relpath(group, root) if group.startswith(root) else "."
    path = mount / inside
    return path if path.is_dir() else mount


def _own_place(path: Path, wanted: list[str]) -> GroupPlace | None:
    return GroupPlace(path, tuple(wanted), 1) if os.access(path, os.W_OK) else None


def _shared_place(own: Path, mount: Path, wanted: list[str]) -> GroupPlace | None:
    parent = own.parent
    if own == mount or parent == mount or parent.suffix == ".slice" or not os.access(parent, os.W_OK):
        return None
    switch = parent / "cgroup.subtree_control"
    with suppress(OSError):
        if (parent / "cgroup.procs").read_text().strip():
            return None
        for name in set(wanted) - set(switch.read_text().split()):
            with suppress(OSError):
                switch.write_text(f"+{name}")
        given = [name for name in wanted if name in switch.read_text().split()]
        return GroupPlace(parent, tuple(given), 2) if given else None
    return None
