"""Give an environment away as one file: a SIF for Apptainer on a cluster, or an archive of its image.

A SIF is made from the unpacked root, which nothing may change: Apptainer gets a tree of hard links to it, with the
places that it needs and the image's variables added. Nothing of the image is run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from builder.engines.containers.client import ContainerClient
from builder.engines.containers.commands import run_command
from builder.engines.limits import DEFAULT_LIMITS, BuildLimits
from builder.engines.progress import Progress
from builder.engines.protocol import Root
from builder.errors import BuildError
from builder.held_directory import held_directory

_PROGRAMS: Final = ("apptainer", "singularity")
# Where Apptainer puts its own; the unpacked root has none of them.
_PLACES: Final = ("proc", "sys", "dev", "tmp", "var/tmp", "home", "root", "etc")
_VARIABLES_FILE: Final = ".singularity.d/env/10-image.sh"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TIMEOUT_S: Final = 1800.0


def export_sif(
    root: Root,
    target: Path,
    *,
    variables: Iterable[tuple[str, str]] = (),
    progress: Progress,
    timeout_s: float = _TIMEOUT_S,
    limits: BuildLimits = DEFAULT_LIMITS,
) -> None:
    """Write the root as a SIF that sets these variables, in one step. The directory of `target` must be there.

    Raises BuildError sif-program-missing, sif-failed, build-timeout, build-out-of-disk, cancelled.
    """
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise BuildError("sif-program-missing")
    # Beside the root, because hard links do not leave a file system.
    with held_directory(".making-", root.path.parents[1]) as folder:
        tree = Path(folder) / "tree"
        stage_tree(root.path, tree, variables)
        progress.check()
        made = Path(folder) / "environment.sif"
        for name in ("tmp", "cache", "home"):
            (Path(folder) / name).mkdir()
        answer = run_command(
            build_command(program, tree, made),
            variables=build_variables(Path(folder)),
            cwd=Path(folder),
            timeout_s=timeout_s,
            limits=limits,
            progress=progress,
            on_line=progress.log,
        )
        if answer.status or not made.is_file():
            raise BuildError("sif-failed", reason=_last_line(answer.text))
        _move(made, target)


def export_archive(client: ContainerClient, image: str, target: Path, *, progress: Progress) -> None:
    """Write the engine's image as an archive, in one step: OCI's form where the engine knows it, else Docker's own.

    Raises BuildError image-not-found and those of the container engine.
    """
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent, ignore_cleanup_errors=True) as folder:
        made = Path(folder) / "image.tar"
        client.save(image, made, progress=progress)
        _move(made, target)


def build_command(program: str, tree: Path, target: Path) -> list[str]:
    """Return the command line that packs the tree; it runs nothing that the tree holds."""
    return [program, "build", "--force", str(target), str(tree)]


def build_variables(folder: Path) -> dict[str, str]:
    """Return the environment of Apptainer: everything that it keeps lies in `folder`, nothing of ours is inherited."""
    places = {"TMPDIR": "tmp", "CACHEDIR": "cache"}
    kept = {
        f"{family}_{name}": str(folder / place)
        for family in ("APPTAINER", "SINGULARITY")
        for name, place in places.items()
    }
    path = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    return {"PATH": path, "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "LC_ALL": "C.UTF-8", **kept}


def stage_tree(source: Path, target: Path, variables: Iterable[tuple[str, str]]) -> None:
    """Make a tree of hard links to the root's files, with the places and the variables that Apptainer looks for."""
    _link_tree(source, target)
    for place in _PLACES:
        _make_place(target, place)
    # What the image itself has there would be run by Apptainer before anything else.
    own = target / ".singularity.d"
    if own.is_symlink() or own.is_file():
        own.unlink()
    elif own.is_dir():
        shutil.rmtree(own)
    script = target / _VARIABLES_FILE
    script.parent.mkdir(parents=True)
    script.write_text(variables_script(dict(variables)), encoding="utf-8", errors="surrogateescape")
    script.chmod(0o755)


def variables_script(variables: Mapping[str, str]) -> str:
    """Return the shell lines that set the variables, whatever is in them; what is no name is left out."""
    lines = [
        f"export {name}={shlex.quote(text)}"
        for name, text in sorted(variables.items())
        if _NAME.fullmatch(name) and "\0" not in text
    ]
    return "\n".join(["#!/bin/sh", *lines, ""])


def _link_tree(source: Path, target: Path) -> None:
    target.mkdir(0o755)
    with os.scandir(source) as entries:
        for entry in entries:
            place = target / entry.name
            if entry.is_dir(follow_symlinks=False):
                _link_tree(Path(entry.path), place)
            else:
                os.link(entry.path, place, follow_symlinks=False)


def _make_place(tree: Path, place: str) -> None:
    """Make an empty directory unless something is there; a link of the image on the way is left alone."""
    here = tree
    for part in place.split("/"):
        here = here / part
        if here.is_symlink() or here.is_file():
            return
        here.mkdir(0o755, exist_ok=True)


def _move(made: Path, target: Path) -> None:
    """Move a finished file to its place in one step, also to another file system."""
    try:
        made.replace(target)
    except OSError:
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            shutil.copyfile(made, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it says nothing"
