"""Read requirements.txt as pip does, and judge what a stranger's file may ask for."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

from builder.errors import BuildError
from builder.recipe.decoding import read_text
from builder.recipe.findings import Findings, inside, judge

_DEPTH_LIMIT: Final = 10
_COMMENT: Final = re.compile(r"(^|\s)#.*$")
_NESTED: Final = re.compile(r"^(-r|--requirement|-c|--constraint)[\s=]*(.+)$")
_EDITABLE: Final = re.compile(r"^(-e|--editable)[\s=]*(.+)$")
_LOCAL: Final = re.compile(r"^(\.{1,2}(/.*)?|\./.*|file:.*)(\[.*\])?$")
_ADDRESS: Final = re.compile(r"^(git|hg|svn|bzr)\+|^[a-z][a-z0-9+.-]*://|@\s*[a-z][a-z0-9+.-]*:|^git@", re.IGNORECASE)
_EGG: Final = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_REQUIREMENT_OPTION: Final = re.compile(r"\s+--(hash|global-option|install-option|config-settings?)[\s=].*$")
_INDEX_OPTION: Final = re.compile(
    r"^(-i|--index-url|--pypi-url|--extra-index-url|--no-index|-f|--find-links|--trusted-host)\b"
)
_HARMLESS_OPTION: Final = re.compile(
    r"^--(pre|prefer-binary|no-binary|only-binary|require-hashes|use-feature|use-pep517|no-use-pep517|process-dependency-links)\b"
)


def read_requirements(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add what the file `path` of `root` asks for, with the files it names by -r and -c.

    Raises BuildError recipe-unreadable, requirement-invalid or requirement-forbidden.
    """
    _read(root, path, findings, is_constraint=False, seen=())


def read_requirement_line(line: str, root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add one line as it would stand in a requirements file beside `path` (the pip part of an environment.yml)."""
    for clean in _lines(line):
        _read_line(clean, root, path, findings, is_constraint=False, seen=())


def _read(
    root: Path, path: PurePosixPath, findings: Findings, *, is_constraint: bool, seen: tuple[PurePosixPath, ...]
) -> None:
    if path in seen:
        return
    if len(seen) > _DEPTH_LIMIT:
        raise BuildError("recipe-unreadable", file=path, reason="it names files in more than ten levels")
    text = read_text(root / path, name=str(path))
    if str(path) not in findings.files:
        findings.files.append(str(path))
    for line in _lines(text):
        _read_line(line, root, path, findings, is_constraint=is_constraint, seen=(*seen, path))


def _read_line(
    line: str,
    root: Path,
    path: PurePosixPath,
    findings: Findings,
    *,
    is_constraint: bool,
    seen: tuple[PurePosixPath, ...],
) -> None:
    nested = _NESTED.match(line)
    if nested:
        target = inside(root, path.parent, nested.group(2).strip("\"' "), file=str(path))
        is_limit = is_constraint or nested.group(1) in ("-c", "--constraint")
        _read(root, target, findings, is_constraint=is_limit, seen=seen)
    elif is_constraint:
        _add_constraint(line, str(path), findings)
    else:
        _add(line, root, path, findings)


def _lines(text: str) -> list[str]:
    joined = re.sub(r"\\\n", " ", text)
    lines = (_COMMENT.sub("", line).strip() for line in joined.split("\n"))
    return [line for line in lines if line]


def _add_constraint(line: str, file: str, findings: Findings) -> None:
    if not line.startswith("-"):
        findings.constraints.append(judge(_REQUIREMENT_OPTION.sub("", line), file))


def _add(line: str, root: Path, path: PurePosixPath, findings: Findings) -> None:
    file = str(path)
    if line.startswith("-") and not _EDITABLE.match(line):
        _judge_option(line, file, findings)
        return
    editable = _EDITABLE.match(line)
    wanted = editable.group(2).strip("\"' ") if editable else line
    if _LOCAL.match(wanted) or (editable and not _ADDRESS.search(wanted)):
        inside(root, path.parent, re.sub(r"\[.*\]$", "", wanted.removeprefix("file:")), file=file)
        findings.wants_own_package = True
        return
    if _ADDRESS.search(wanted):
        _add_address(wanted, file, findings)
        return
    findings.add(_REQUIREMENT_OPTION.sub("", wanted), file)


def _add_address(wanted: str, file: str, findings: Findings) -> None:
    """Take the released package of the same name for one that is asked for from an address, and say so."""
    egg = _EGG.search(wanted)
    named = re.match(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*@", wanted)
    name = egg.group(1) if egg else named.group(1) if named and not wanted.startswith("git@") else None
    if name is None:
        reason = "it is fetched from an address and does not say which package it is"
        raise BuildError("requirement-forbidden", requirement=wanted[:200], file=file, reason=reason)
    address = re.sub(r"//[^/@]*@", "//", wanted.split("@", 1)[1].strip() if named and not egg else wanted)[:200]
    findings.add(name, file, f"{name} is asked for from {address}; the release in the package index is taken instead.")


def _judge_option(line: str, file: str, findings: Findings) -> None:
    if _INDEX_OPTION.match(line):
        shown = re.sub(r"//[^/@\s]*@", "//…@", line)[:200]
        findings.approximations.append(
            f"{file} names another package index ({shown}); only the index of this service is asked."
        )
    elif _HARMLESS_OPTION.match(line):
        findings.notes.append(f"{file}: the option {line.split('=')[0].split()[0]} is not needed here.")
    else:
        reason = "this option is not known"
        raise BuildError("requirement-invalid", requirement=line[:200], file=file, reason=reason)
