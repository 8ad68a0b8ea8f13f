"""Read requirements.txt as pip does, and judge what a stranger's file may ask for."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from builder.errors import BuildError
from builder.recipe.decoding import read_text
from builder.recipe.documents import without_credentials
from builder.recipe.findings import Findings, inside

_DEPTH_LIMIT: Final = 10
_PLACE_LIMIT: Final = 1000
_COMMENT: Final = re.compile(r"(^|\s)#.*$")
_NESTED: Final = re.compile(r"^(-r|--requirement|-c|--constraint)[\s=]*(.+)$")
_EDITABLE: Final = re.compile(r"^(-e|--editable)[\s=]*(.+)$")
_LOCAL: Final = re.compile(r"^(\.{1,2}(/.*)?|\./.*|file:.*)(\[.*\])?$")
_ARCHIVE: Final = re.compile(r"(?:^|/)([^/@\s]+\.(?:whl|tar\.gz|tar\.bz2|zip))(?:\[.*\])?$")
_WANTED_EXTRAS: Final = re.compile(r"\[([A-Za-z0-9._,\s-]*)\]$")
_VARIABLE: Final = re.compile(r"\$\{[A-Z0-9_]+\}")
_ADDRESS: Final = re.compile(r"^(git|hg|svn|bzr)\+|^[a-z][a-z0-9+.-]*://|@\s*[a-z][a-z0-9+.-]*:|^git@", re.IGNORECASE)
_EGG: Final = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_REQUIREMENT_OPTION: Final = re.compile(r"\s+--(hash|global-option|install-option|config-settings?)[\s=].*$")
_INDEX_OPTION: Final = re.compile(
    r"^(-i|--index-url|--pypi-url|--extra-index-url|--no-index|-f|--find-links|--trusted-host)\b"
)
_HARMLESS_OPTION: Final = re.compile(
    r"^--(prefer-binary|no-binary|only-binary|require-hashes|use-feature|use-pep517|no-use-pep517|process-dependency-links)\b"
)


def read_requirements(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add what the file `path` of `root` asks for, with the files it names by -r and -c.

    Raises BuildError recipe-unreadable, requirement-invalid or requirement-forbidden.
    """
    _read(root, path, findings, is_constraint=False, depth=0)


def read_requirement_line(line: str, root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add one line as it would stand in a requirements file beside `path` (the pip part of an environment.yml)."""
    for clean in _lines(line):
        _read_line(clean, root, path, findings, is_constraint=False, depth=0)


def _read(root: Path, path: PurePosixPath, findings: Findings, *, is_constraint: bool, depth: int) -> None:
    # Each file counts once: files that name each other many times would otherwise be read without end.
    if (str(path), is_constraint) in findings.read:
        return
    findings.read.add((str(path), is_constraint))
    if depth > _DEPTH_LIMIT:
        raise BuildError("recipe-unreadable", file=path, reason="it names files in more than ten levels")
    text = read_text(root / path, name=str(path))
    findings.take_file(str(path))
    for line in _lines(text):
        _read_line(line, root, path, findings, is_constraint=is_constraint, depth=depth + 1)


def _read_line(
    line: str, root: Path, path: PurePosixPath, findings: Findings, *, is_constraint: bool, depth: int
) -> None:
    nested = _NESTED.match(line)
    if nested:
        target = inside(root, path.parent, nested.group(2).strip("\"' "), file=str(path))
        is_limit = is_constraint or nested.group(1) in ("-c", "--constraint")
        _read(root, target, findings, is_constraint=is_limit, depth=depth)
    elif is_constraint:
        _add_constraint(line, str(path), findings)
    else:
        _add(line, root, path, findings)


def _lines(text: str) -> list[str]:
    joined = re.sub(r"\\\n", " ", text)
    lines = (_COMMENT.sub("", line).strip() for line in joined.split("\n"))
    return [line for line in lines if line]


def _add_constraint(line: str, file: str, findings: Findings) -> None:
    if line.startswith("-"):
        return
    if _ADDRESS.search(line) or _ARCHIVE.search(line):
        findings.notes.append(f"{file}: {without_credentials(line)} limits nothing here, because it is an address.")
        return
    findings.limit(_REQUIREMENT_OPTION.sub("", line), file)


def _add(line: str, root: Path, path: PurePosixPath, findings: Findings) -> None:
    file = str(path)
    editable = _EDITABLE.match(line)
    if line.startswith("-") and not editable:
        _judge_option(line, file, findings)
        return
    if "--hash" in line:
        findings.notes.append(f"The checksums of {file} are not compared: the lock has those of the index.")
    wanted = _REQUIREMENT_OPTION.sub("", editable.group(2).strip("\"' ") if editable else line)
    if _ADDRESS.search(wanted):
        _add_address(wanted, file, findings)
    elif len(wanted) < _PLACE_LIMIT and _ARCHIVE.search(wanted):
        _add_archive(wanted, root, path, findings)
    elif len(wanted) < _PLACE_LIMIT and (_LOCAL.match(wanted) or editable):
        _add_project(wanted, root, path, findings)
    elif _VARIABLE.search(wanted):
        reason = "it depends on a variable that is set nowhere in the repository"
        raise BuildError("requirement-invalid", requirement=wanted[:200], file=file, reason=reason)
    else:
        findings.add(wanted, file)


def _add_project(wanted: str, root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Take the requirements of a project that lies in the repository; itself it is imported from its files."""
    extras = _WANTED_EXTRAS.search(wanted)
    place = _WANTED_EXTRAS.sub("", wanted).removeprefix("file:").strip() or "."
    folder = _place(place, root, path)
    named = (extra.strip() for extra in extras.group(1).split(",")) if extras else ()
    findings.projects.setdefault(folder, set()).update(name for name in named if name)


def _place(place: str, root: Path, path: PurePosixPath) -> PurePosixPath:
    """Return a path that a line names: pip begins at the folder it runs in, which is the root; else beside the file."""
    if (root / place).exists() and (root / place).resolve().is_relative_to(root.resolve()):
        return inside(root, PurePosixPath("."), place, file=str(path))
    return inside(root, path.parent, place, file=str(path))


def _add_archive(wanted: str, root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Take the release of the same version from the index for a wheel or source that lies in the repository."""
    file = str(path)
    place = _place(_WANTED_EXTRAS.sub("", wanted).removeprefix("file:").strip(), root, path)
    try:
        if place.suffix == ".whl":
            name, version, *_ = parse_wheel_filename(place.name)
        else:
            name, version = parse_sdist_filename(place.name)
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        reason = "its name does not say which release of which package it is"
        raise BuildError("requirement-forbidden", requirement=wanted[:200], file=file, reason=reason) from error
    remark = f"{place} of the repository is not installed; {name} {version.public} of the package index is taken."
    findings.add(f"{name}=={version.public}", file, remark)


def _add_address(wanted: str, file: str, findings: Findings) -> None:
    """Take the released package of the same name for one that is asked for from an address, and say so."""
    egg = _EGG.search(wanted)
    named = re.match(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*@", wanted)
    if wanted.startswith("git@"):
        named = None
    name = egg.group(1) if egg else named.group(1) if named else None
    if name is None:
        reason = "it is fetched from an address and does not say which package it is"
        shown = without_credentials(wanted)
        raise BuildError("requirement-forbidden", requirement=shown, file=file, reason=reason)
    extras = named.group(2) or "" if named and not egg else ""
    _, marked, marker = wanted.partition(" ;")
    address = without_credentials(wanted.split("@", 1)[1].strip() if named and not egg else wanted)
    address = address.partition(" ;")[0].strip()
    remark = f"{name} is asked for from {address}; the release in the package index is taken instead."
    findings.add(f"{name}{extras}{';' + marker if marked else ''}", file, remark)


def _judge_option(line: str, file: str, findings: Findings) -> None:
    if _INDEX_OPTION.match(line):
        shown = without_credentials(line)
        findings.approximations.append(
            f"{file} names another package index ({shown}); only the index of this service is asked."
        )
    elif re.match(r"^--pre\b(?!-)", line):
        findings.approximations.append(
            f"{file} asks for pre-releases (--pre); only those that are named by their version are taken."
        )
    elif _HARMLESS_OPTION.match(line):
        findings.notes.append(f"{file}: the option {line.split('=')[0].split()[0]} is not needed here.")
    else:
        reason = "this option is not known"
        raise BuildError("requirement-invalid", requirement=line[:200], file=file, reason=reason)
