"""What repo2docker is given: the recipe files rewritten so that it installs our lock, and no more of the snapshot than
its steps can see. A recipe without steps of its own is given nothing but these files, so that one image serves every
commit with the same recipe.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import yaml

from builder.engines.containers.dockerfile import SIZE_LIMIT, images_of
from builder.engines.containers.references import Reference
from builder.engines.containers.request import SOURCES, WHEELS
from builder.engines.lockfile import lock_as_requirements, source_only
from builder.engines.protocol import Lock
from builder.errors import BuildError
from builder.recipe.model import Recipe, Wish

# What Binder looks for, in its order; each of these decides which of repo2docker's buildpacks is used.
BUILDPACKS: Final = (
    (Wish.DOCKERFILE, "dockerfile"),
    (Wish.JULIA, "julia"),
    (Wish.NIX, "nix"),
    (Wish.R, "r"),
    (Wish.CONDA_PACKAGES, "conda"),
)
# The buildpacks whose packages the lock does not hold: their files stay as they are.
UNLOCKED: Final = frozenset({"dockerfile", "julia", "nix", "r"})
_SEEN_STEPS: Final = frozenset({Wish.POST_BUILD, Wish.START})
_FOLDERS: Final = ("binder", ".binder")
_SHADOWING: Final = (
    "Dockerfile", "environment.yml", "environment.yaml", "Pipfile", "Pipfile.lock", "install.R", "DESCRIPTION",
    "Project.toml", "JuliaProject.toml", "REQUIRE", "default.nix", "requirements.txt", "requirements3.txt",
    "runtime.txt", "apt.txt", ".dockerignore", ".containerignore",
)  # fmt: skip
_SCRIPT_BYTES: Final = 1 << 20
_PACKAGES: Final = 500
_SYSTEM_PACKAGE: Final = re.compile(r"[a-z0-9][a-z0-9+.-]*[a-z0-9+.](?:=[A-Za-z0-9][A-Za-z0-9.+:~-]*)?")
_CONDA_PACKAGE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\s*[=<>!~]{1,2}[A-Za-z0-9_.*+!,=<>~ -]+)?")
_CHANNEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


@dataclass(frozen=True, slots=True)
class PreparedSnapshot:
    """What is built, before anything is written.

    `files` are contents by path; `is_whole` tells that the whole snapshot is given beside them, without `left_out`.
    `images` are those that a Dockerfile builds on. `digest` covers everything that can change what is built.
    """

    buildpack: str
    folder: str
    files: dict[str, bytes]
    is_whole: bool
    left_out: tuple[str, ...]
    start: str
    images: tuple[Reference, ...]
    digest: str

    def write(self, source: Path, target: Path) -> None:
        """Make the directory `target` that repo2docker is given, from the snapshot in `source`."""
        if self.is_whole:
            shutil.copytree(source, target, symlinks=True, copy_function=_copy)
            if self.folder and not _is_own_directory(target / self.folder):
                _remove(target / self.folder)
        else:
            target.mkdir()
        for path in self.left_out:
            _remove(target / path)
        for path, content in self.files.items():
            place = target / path
            _remove(place)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            place.chmod(0o755 if PurePosixPath(path).name in ("postBuild", "start") else 0o644)


def prepare_snapshot(recipe: Recipe, lock: Lock, source: Path, *, buildpacks: str) -> PreparedSnapshot:
    """Judge the recipe's files in `source` and return what is built.

    `buildpacks` is "standard" or "uv", for Python packages. Raises BuildError recipe-unreadable, image-forbidden.
    """
    folder = next((name for name in _FOLDERS if _is_own_directory(source / name)), "")
    buildpack = next(
        (name for wish, name in BUILDPACKS if recipe.wishes(wish)), "uv" if buildpacks == "uv" else "python"
    )
    if buildpack == "conda" and buildpacks == "uv":
        buildpack = "uv"
    if buildpack == "dockerfile":
        text = _text(source, _beside(folder, "Dockerfile"), SIZE_LIMIT)
        return _prepared(buildpack, folder, {}, source, is_whole=True, images=images_of(text))
    files = _judged(recipe, source, folder)
    if buildpack in UNLOCKED:
        return _prepared(buildpack, folder, files, source, is_whole=True)
    # In a folder of its own, repo2docker does not look at the project's files, which the lock already speaks for.
    place = folder or "binder"
    files = {_beside(place, PurePosixPath(path).name): content for path, content in files.items()}
    files |= {_beside(place, name): content for name, content in _locked(recipe, lock, buildpack).items()}
    is_whole = bool(recipe.wishes(*_SEEN_STEPS))
    left_out = [*(name for name in _FOLDERS if name != place), *(_beside(place, name) for name in _SHADOWING)]
    return _prepared(buildpack, place, files, source, is_whole=is_whole, left_out=left_out)


def tree_of(source: Path) -> str:
    """Return what identifies the snapshot's content: its git tree where that is on record, else read from the files."""
    tree = str(_facts(source).get("tree", ""))
    if re.fullmatch(r"[0-9a-f]{40}", tree):
        return tree
    digest = hashlib.sha256()
    for folder, folders, names in os.walk(source):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            inside = os.fsencode(path.relative_to(source))
            digest.update(repr((inside, path.lstat().st_mode & 0o111, hashlib.sha256(content).digest())).encode())
    return digest.hexdigest()


def revision_of(source: Path) -> str:
    """Return the snapshot's commit, or what identifies its content where it has none."""
    commit = str(_facts(source).get("commit") or "")
    return commit if re.fullmatch(r"[0-9a-f]{40}", commit) else tree_of(source)


def _facts(source: Path) -> dict[str, object]:
    """Return what the store of snapshots keeps beside the files; empty for any other directory."""
    try:
        facts = json.loads((source.parent / "facts.json").read_text(encoding="utf-8")) if source.name == "files" else {}
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def recipe_digests(recipe: Recipe, source: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that the recipe was read from."""
    named = [*recipe.files, *(extra.file for extra in recipe.extras)]
    real = source.resolve()
    paths = {name: (source / name).resolve() for name in dict.fromkeys(named)}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in paths.items()
        if path.is_relative_to(real) and path.is_file()
    }


def _prepared(
    buildpack: str,
    folder: str,
    files: dict[str, bytes],
    source: Path,
    *,
    is_whole: bool,
    left_out: Iterable[str] = (),
    images: tuple[Reference, ...] = (),
) -> PreparedSnapshot:
    digest = hashlib.sha256(repr((buildpack, folder, sorted(left_out), sorted(files.items()))).encode())
    if is_whole:
        digest.update(tree_of(source).encode())
    start = _beside(folder, "start")
    return PreparedSnapshot(
        buildpack,
        folder,
        files,
        is_whole,
        tuple(left_out),
        start if start in files else "",
        images,
        digest.hexdigest(),
    )


def _judged(recipe: Recipe, source: Path, folder: str) -> dict[str, bytes]:
    """Return apt.txt, postBuild and start as they may be followed."""
    files = {}
    if recipe.wishes(Wish.SYSTEM_PACKAGES):
        path = _beside(folder, "apt.txt")
        packages = judged_packages(_text(source, path, _SCRIPT_BYTES), path)
        files[path] = "".join(f"{package}\n" for package in packages).encode()
    for wish, name in ((Wish.POST_BUILD, "postBuild"), (Wish.START, "start")):
        if recipe.wishes(wish):
            path = _beside(folder, name)
            files[path] = _text(source, path, _SCRIPT_BYTES).encode()
    return files


def judged_packages(text: str, path: str) -> list[str]:
    """Return the system packages that an apt.txt names, each judged whole. Raises BuildError recipe-unreadable."""
    packages = [line.partition("#")[0].strip() for line in text.splitlines()]
    packages = [name for line in packages for name in line.split()]
    for name in packages:
        # A trailing minus would remove a package, and anything else is no name: the list reaches a root shell.
        if not _SYSTEM_PACKAGE.fullmatch(name):
            raise BuildError(
                "recipe-unreadable", file=path, reason=f"{name[:80]!r} is not the name of a system package"
            )
    if len(packages) > _PACKAGES:
        raise BuildError("recipe-unreadable", file=path, reason=f"it names more than {_PACKAGES} packages")
    return sorted(dict.fromkeys(packages))


def _locked(recipe: Recipe, lock: Lock, buildpack: str) -> dict[str, bytes]:
    minor = ".".join(lock.python_version.split(".")[:2])
    # Without its heading, which names the exact Python of the machine that resolved it.
    requirements = re.sub(r"^#.*\n", "", lock_as_requirements(lock), flags=re.MULTILINE)
    files = {"requirements.txt": requirements.encode(), "runtime.txt": f"python-{minor}\n".encode()}
    if buildpack != "conda":
        return {**files, **_parted(requirements, lock)} if buildpack == "uv" else files
    del files["runtime.txt"]
    wished = [value for extra in recipe.wishes(Wish.CONDA_PACKAGES) for value in extra.values]
    packages = sorted({value for value in wished if _CONDA_PACKAGE.fullmatch(value)})
    channels = [name for name in recipe.channels if _CHANNEL.fullmatch(name)] or ["conda-forge"]
    pip: list[object] = ["pip", {"pip": ["-r requirements.txt"]}]
    listed = {"channels": channels, "dependencies": [f"python={minor}", *packages, *pip]}
    return {**files, "environment.yml": yaml.safe_dump(listed, sort_keys=False).encode()}


def _parted(requirements: str, lock: Lock) -> dict[str, bytes]:
    """Return the requirements in two files where some must be built: those with a wheel, and those without."""
    built = {source.name for source in source_only(lock)}
    if not built:
        return {}
    entries = re.findall(r"^\S.*(?:\n[ \t]+.*)*\n", requirements, re.MULTILINE)
    parts: dict[str, list[str]] = {WHEELS: [], SOURCES: []}
    for entry in entries:
        parts[SOURCES if entry.split("==")[0] in built else WHEELS].append(entry)
    return {name: "".join(part).encode() for name, part in parts.items()}


def _text(source: Path, path: str, limit_bytes: int) -> str:
    """Return a recipe file, which must be a plain file of moderate size in UTF-8."""
    place = source / path
    if place.is_symlink() or not place.is_file():
        raise BuildError("recipe-unreadable", file=path, reason="it is not a plain file")
    if place.stat().st_size > limit_bytes:
        raise BuildError("recipe-unreadable", file=path, reason=f"it is larger than {limit_bytes} bytes")
    try:
        return place.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BuildError("recipe-unreadable", file=path, reason="it is not text in UTF-8") from error


def _beside(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _is_own_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _copy(source: str, target: str) -> str:
    """Copy a file, writable for the image's user: what a snapshot keeps is read-only."""
    shutil.copy2(source, target, follow_symlinks=False)
    if not Path(target).is_symlink():
        Path(target).chmod(Path(target).stat().st_mode | 0o200)
    return target
