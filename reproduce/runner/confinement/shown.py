"""What a container shows of this machine: the run's own directories to write to, and an environment to read."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path, PurePosixPath
from typing import Final

from reproduce.runner.confinement.accounts import write_accounts
from reproduce.runner.confinement.protocol import WORK
from reproduce.runner.data_places import checked_binds
from reproduce.runner.job import Job
from reproduce.runner.workspace import Workspace

USER_ID: Final = 1000
_OWN_DIRECTORIES: Final = frozenset({"", "proc", "sys", "dev", "tmp", "run"})
# Directories that an image keeps for root alone, although an environment may lie below.
_CLOSED_IN_IMAGES: Final = ("root",)


def notebook_directory(job: Job) -> str:
    """Return where the notebook lies inside."""
    return posixpath.normpath(posixpath.join(WORK, posixpath.dirname(job.notebook)))


def shown_accounts(workspace: Workspace) -> list[list[str]]:
    """Return the options that show the accounts and, last, the names of hosts."""
    return [bind(str(path), f"/etc/{path.name}", is_readonly=True) for path in write_accounts(workspace.root / "etc")]


def shown_of_machine(job: Job, workspace: Workspace) -> list[str]:
    """Return the options that show, read-only, an environment of this machine, what is mounted elsewhere, and data.

    Raises DataPlaceError.
    """
    shown = [] if job.kernel.root is not None else [(path, path) for path in job.kernel.readonly_paths]
    shown += [pair for pair in job.kernel.mounts if _has_place(pair[1]) and Path(pair[0]).exists()]
    taken = tuple(inside for _, inside in shown)
    shown += checked_binds(job, WORK, closed=taken)
    arguments = _opened(workspace, shown)
    for here, inside in sorted(set(shown), key=lambda pair: pair[1]):
        arguments += bind(os.path.realpath(here), inside, is_readonly=True)
    return arguments


def _opened(workspace: Workspace, shown: list[tuple[str, str]]) -> list[str]:
    """Put an open directory where the image has one that only root may enter, if something is shown below."""
    arguments: list[str] = []
    for name in _CLOSED_IN_IMAGES:
        below = [(here, PurePosixPath(inside)) for here, inside in shown if inside.startswith(f"/{name}/")]
        if below:
            skeleton = workspace.root / "places" / name
            for here, path in below:
                place = skeleton / path.relative_to(f"/{name}")
                folder = place if Path(here).is_dir() else place.parent
                folder.mkdir(parents=True, exist_ok=True)
                if folder != place:
                    place.touch()
            arguments += bind(str(skeleton), f"/{name}", is_readonly=True)
    return arguments


def give_away(workspace: Workspace) -> str:
    """Let the user of the container write what is the run's own; return user and group."""
    if os.geteuid() != 0:
        return f"{os.geteuid()}:{os.getegid()}"
    # mkdtemp's directories are closed to all but their owner, and what they hold was copied by root.
    for top in (workspace.home, workspace.tmp, workspace.connection):
        for folder, folders, files in os.walk(top):
            for path in (folder, *(os.path.join(folder, name) for name in (*folders, *files))):  # noqa: PTH118 - many
                os.chown(path, USER_ID, USER_ID, follow_symlinks=False)
    return f"{USER_ID}:{USER_ID}"


def _has_place(inside: str) -> bool:
    is_plain = inside.startswith("/") and posixpath.normpath(inside) == inside
    return is_plain and inside.split("/")[1] not in _OWN_DIRECTORIES


def bind(here: str, inside: str, *, is_readonly: bool = False) -> list[str]:
    """Return the option that shows a path of this machine inside, as Docker, Podman and Apptainer read it."""
    parts = ["type=bind", field("source", here), field("destination", inside), *(["ro"] if is_readonly else [])]
    return ["--mount", ",".join(parts)]


def field(name: str, text: str) -> str:
    """One field of a line of CSV, as all of them read mounts."""
    quoted = f"{name}={text}".replace('"', '""')
    return f'"{quoted}"' if any(sign in text for sign in ',"\n') else f"{name}={text}"
