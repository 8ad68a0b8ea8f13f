"""Decide which files of a repository count: where they are looked for, and which goes before which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

from builder.errors import BuildError
from builder.recipe.conda import read_environment
from builder.recipe.conda_lock import read_conda_lock, read_explicit
from builder.recipe.decoding import read_text
from builder.recipe.findings import Findings
from builder.recipe.images import (
    read_devcontainer,
    read_dockerfile,
    read_image_txt,
    read_singularity,
    singularity_files,
)
from builder.recipe.pipfile import read_pipfile, read_pipfile_lock
from builder.recipe.pixi import has_pixi, read_pixi, read_pixi_lock
from builder.recipe.poetry_lock import read_poetry_lock
from builder.recipe.project_files import read_pyproject, read_setup_cfg
from builder.recipe.refused_line import refused_line
from builder.recipe.requirements_txt import read_requirements
from builder.recipe.runtime import read_runtime
from builder.recipe.setup_py import read_setup_py
from builder.recipe.uv_lock import read_pylock, read_uv_lock
from builder.recipe.wishes import (
    read_apt,
    read_description,
    read_install_r,
    read_julia_project,
    read_julia_require,
    read_modules,
    read_nix,
    read_post_build,
    read_start,
)

Reader = Callable[[Path, PurePosixPath, Findings], None]

_ROOT: Final = PurePosixPath(".")
_WISHES: Final[tuple[tuple[str, Reader], ...]] = (
    ("Dockerfile", read_dockerfile),
    ("image.txt", read_image_txt),
    ("apt.txt", read_apt),
    ("postBuild", read_post_build),
    ("start", read_start),
    ("default.nix", read_nix),
    ("install.R", read_install_r),
    ("modules.txt", read_modules),
)
_DEVCONTAINERS: Final = (".devcontainer/devcontainer.json", ".devcontainer.json", "devcontainer.json")
# What Python packages are declared by, the first that is there counts. As in Binder environment.yml goes before
# Pipfile, and both before requirements.txt; each lock goes before the loose file it was made from.
_EXPLICIT: Final = ("conda-linux-64.lock", "conda-lock.txt", "explicit.txt", "spec-file.txt")


def recipe_folder(root: Path, findings: Findings) -> PurePosixPath:
    """Return where files are looked for: binder/, else .binder/, else the root."""
    found = [name for name in ("binder", ".binder") if (root / name).is_dir() and not (root / name).is_symlink()]
    if len(found) > 1:
        findings.notes.append("There are a binder and a .binder folder; binder is read.")
    return PurePosixPath(found[0]) if found else _ROOT


def present(root: Path, path: PurePosixPath) -> bool:
    """Tell whether the path is a file of the repository, not a link out of it."""
    real = (root / path).resolve()
    return real.is_file() and real.is_relative_to(root.resolve())


def read_declarations(root: Path, findings: Findings) -> None:
    """Read all files that count. Raises BuildError recipe-unreadable, requirement-invalid or requirement-forbidden."""
    try:
        _read_all(root, findings)
    except BuildError as error:
        error.seen_in(refused_line(root, error))
        raise


def _read_all(root: Path, findings: Findings) -> None:
    folder = recipe_folder(root, findings)
    _read_wishes(root, folder, findings)
    if present(root, folder / "runtime.txt"):
        read_runtime(root, folder / "runtime.txt", findings)
    _read_first(root, _candidates(root, folder), findings)
    if folder != _ROOT and not findings.files:
        findings.notes.append(f"The folder {folder} declares nothing; the root is read.")
        _read_first(root, _candidates(root, _ROOT), findings)
    elif folder != _ROOT:
        _say_ignored(root, folder, findings)
    if not findings.requirements:
        _read_first(root, _project_locks(root, _ROOT), findings)
    if not findings.requirements and not findings.is_locked:
        findings.projects.setdefault(_ROOT, set())
    for project, extras in list(findings.projects.items()):
        read_project(root, project, extras, findings)
    _read_given(root, folder, findings)


def read_project(root: Path, folder: PurePosixPath, extras: set[str], findings: Findings) -> None:
    """Read a project's own files in its folder, the modern one first; the first that lists requirements counts."""
    before = len(findings.requirements)
    is_package = False
    for name, reader in (
        ("pyproject.toml", read_pyproject),
        ("setup.cfg", read_setup_cfg),
        ("setup.py", read_setup_py),
    ):
        path = folder / name
        if present(root, path) and not (root / path).is_symlink():
            is_package = reader(root, path, findings, extras) or is_package
        if len(findings.requirements) > before:
            break
    if is_package:
        what = "The repository" if folder == _ROOT else f"{folder} of the repository"
        findings.notes.append(f"{what} is a package; its notebooks import it from its files, it is not installed.")


def _read_wishes(root: Path, folder: PurePosixPath, findings: Findings) -> None:
    for name, reader in _WISHES:
        # An image.txt or modules.txt at the root may be anything: there they count in binder/ alone.
        if present(root, folder / name) and not (folder == _ROOT and name in ("image.txt", "modules.txt")):
            reader(root, folder / name, findings)
    if findings.extras and findings.extras[0].file.endswith("Dockerfile"):
        findings.notes.append(f"{findings.extras[0].file} goes before every other file, as in Binder.")
    if folder == _ROOT and present(root, folder / "DESCRIPTION"):
        read_description(root, folder / "DESCRIPTION", findings)
    _read_julia(root, folder, findings)


def _read_given(root: Path, folder: PurePosixPath, findings: Findings) -> None:
    """Read the images that are there for other purposes as well; they count where nothing else is declared."""
    containers = [PurePosixPath(name) for name in _DEVCONTAINERS if present(root, PurePosixPath(name))][:1]
    if not (findings.requirements or findings.is_locked or findings.extras):
        read_singularity(root, folder, findings)
        for path in containers:
            read_devcontainer(root, path, findings)
        return
    for path in (*singularity_files(root, folder), *containers):
        findings.notes.append(f"{path} is not used beside {findings.files[0]}.")


def _read_julia(root: Path, folder: PurePosixPath, findings: Findings) -> None:
    for prefix in ("Julia", ""):
        project, manifest = folder / f"{prefix}Project.toml", folder / f"{prefix}Manifest.toml"
        if present(root, project):
            read_julia_project(root, project, manifest if present(root, manifest) else None, findings)
            return
    if present(root, folder / "REQUIRE"):
        read_julia_require(root, folder / "REQUIRE", findings)


def _candidates(root: Path, folder: PurePosixPath) -> list[tuple[PurePosixPath, Reader]]:
    found: list[tuple[PurePosixPath, Reader]] = [(path, read_pylock) for path in _pylocks(root, folder)]
    found += [(folder / name, read_conda_lock) for name in ("conda-lock.yml", "conda-lock.yaml")]
    found += [(folder / name, read_explicit) for name in _EXPLICIT if _is_explicit(root, folder / name)]
    found += [(folder / name, read_environment) for name in ("environment.yml", "environment.yaml")]
    found += [(folder / "Pipfile.lock", read_pipfile_lock), (folder / "Pipfile", read_pipfile)]
    found += [(folder / "requirements.txt", read_requirements)]
    return [*found, *_project_locks(root, folder)]


def _project_locks(root: Path, folder: PurePosixPath) -> list[tuple[PurePosixPath, Reader]]:
    def poetry(root: Path, path: PurePosixPath, findings: Findings) -> None:
        read_poetry_lock(root, path, folder / "pyproject.toml", findings)

    found: list[tuple[PurePosixPath, Reader]] = [
        (folder / "pixi.lock", read_pixi_lock),
        (folder / "pixi.toml", read_pixi),
    ]
    if present(root, folder / "pyproject.toml") and has_pixi(root, folder / "pyproject.toml"):
        found.append((folder / "pyproject.toml", read_pixi))
    return [*found, (folder / "uv.lock", read_uv_lock), (folder / "poetry.lock", poetry)]


def _read_first(root: Path, candidates: list[tuple[PurePosixPath, Reader]], findings: Findings) -> None:
    there = [(path, reader) for path, reader in candidates if present(root, path)]
    if not there:
        return
    (chosen, reader), rest = there[0], there[1:]
    reader(root, chosen, findings)
    for path, _ in rest:
        if str(path) in findings.files:  # the chosen one names it
            continue
        habit = ", as Binder does" if chosen.stem in ("environment", "Pipfile") and path.suffix == ".txt" else ""
        findings.notes.append(f"{path} is not read beside {chosen}{habit}.")


def _pylocks(root: Path, folder: PurePosixPath) -> list[PurePosixPath]:
    """Return pylock.toml and the named ones after it, those first whose name says that they are for notebooks."""
    named = sorted(path.name for path in (root / folder).glob("pylock.*.toml"))
    told = {"binder": 0, "notebook": 1, "notebooks": 2}
    named.sort(key=lambda name: told.get(name.split(".")[1], 9))
    return [folder / name for name in ("pylock.toml", *named[:20])]


def _is_explicit(root: Path, path: PurePosixPath) -> bool:
    if not present(root, path):
        return False
    if path.name == "conda-linux-64.lock":
        return True
    return "@EXPLICIT" in read_text(root / path, name=str(path), limit=8 * 2**20)


def _say_ignored(root: Path, folder: PurePosixPath, findings: Findings) -> None:
    for name in ("environment.yml", "requirements.txt", "Pipfile", "apt.txt", "postBuild", "Dockerfile"):
        if present(root, PurePosixPath(name)):
            findings.notes.append(f"{name} is not read, because there is a folder {folder}, as in Binder.")
