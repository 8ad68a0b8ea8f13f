"""Read what a repository asks for beside Python packages: system packages, scripts, R, Julia, Nix, and modules.

Nothing is followed here, only read and judged: what a name may look like decides what can reach a build.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

from builder.errors import BuildError
from builder.recipe.decoding import read_text
from builder.recipe.documents import ENTRIES_LIMIT, read_toml, table, text_of, unreadable
from builder.recipe.findings import Findings
from builder.recipe.model import Extra, Wish

# A trailing minus would make apt remove the package.
_APT: Final = re.compile(r"[a-z0-9][a-z0-9+.-]*[a-z0-9+.](?::[a-z0-9]+)?(?:=[A-Za-z0-9][A-Za-z0-9.+:~-]*)?")
_MODULE: Final = re.compile(r"[A-Za-z0-9_.+/-]+")
_R_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9.]*")
_JULIA_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_VERSION: Final = re.compile(r"[0-9][A-Za-z0-9.+-]{0,40}")
_R_FIELDS: Final = ("Depends", "Imports", "LinkingTo", "Suggests")
_R_CALL: Final = re.compile(
    r"(?:install[._]packages|install_version|library|require)\s*\(\s*(?:c\s*\(([^()]*)\)|([^(),]+))"
)
_QUOTED: Final = re.compile(r"[\"']([^\"'\n]*)[\"']")


def read_apt(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the system packages of apt.txt, each judged as a whole. Raises BuildError requirement-forbidden."""
    packages = []
    for line in _lines(root, path):
        # A line may name several packages; a word that is no name could be an option or a command of the shell.
        for word in line.split():
            if not _APT.fullmatch(word):
                reason = "a line of apt.txt is the name of a Debian package, with :architecture and =version at most"
                raise BuildError("requirement-forbidden", requirement=line[:200], file=str(path), reason=reason)
            packages.append(word)
    if packages:
        _wish(findings, Wish.SYSTEM_PACKAGES, path, packages, "system packages of apt.txt are not installed")


def read_modules(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the environment modules of a computing centre. Raises BuildError requirement-forbidden."""
    names = _lines(root, path)
    for name in names:
        if not _MODULE.fullmatch(name) or name.startswith("-"):
            reason = "a line of modules.txt is the name of one environment module"
            raise BuildError("requirement-forbidden", requirement=name[:200], file=str(path), reason=reason)
    if names:
        _wish(findings, Wish.MODULES, path, names, "the environment modules are not loaded")


def read_post_build(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add postBuild, which has to be text. Raises BuildError recipe-unreadable."""
    if read_text(root / path, name=str(path)).strip():
        _wish(findings, Wish.POST_BUILD, path, (), "postBuild is not run")


def read_start(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add start, which has to be text. Raises BuildError recipe-unreadable."""
    if read_text(root / path, name=str(path)).strip():
        _wish(findings, Wish.START, path, (), "start is not run")


def read_nix(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add default.nix, which has to be text. Raises BuildError recipe-unreadable."""
    read_text(root / path, name=str(path))
    _wish(findings, Wish.NIX, path, (), "default.nix is not followed")


def read_r_runtime(version: str, date: str, path: PurePosixPath, findings: Findings) -> None:
    """Add the R of runtime.txt ("r-4.3-2023-01-01"): its version and the date of its packages, where they are named."""
    named = " ".join(part for part in (version, f"as of {date}" if date else "") if part)
    values = [value for value in (version, date) if value]
    _wish(findings, Wish.R, path, values, f"R {named} is not installed")


def read_install_r(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add install.R with the packages that it names in plain words; it is not run."""
    text = re.sub(r"#[^\n]*", "", read_text(root / path, name=str(path)))
    names: list[str] = []
    for match in _R_CALL.finditer(text):
        words = _QUOTED.findall(match[1] or match[2] or "") or [(match[2] or "").strip()]
        names += [word for word in words if _R_NAME.fullmatch(word)]
    _wish(findings, Wish.R, path, _few(names, path), "install.R is not run")


def read_description(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add what the DESCRIPTION of an R package requires; any other file of this name is left alone."""
    fields = _control_fields(read_text(root / path, name=str(path)))
    if not {"Package", "Version"} <= set(fields):
        return
    wanted = ",".join(fields.get(name, "") for name in _R_FIELDS)
    names = [part.split("(")[0].strip() for part in wanted.split(",")]
    names = [name for name in names if _R_NAME.fullmatch(name) and name != "R"]
    _wish(findings, Wish.R, path, _few(names, path), "the R packages of DESCRIPTION are not installed")


def read_julia_project(root: Path, path: PurePosixPath, manifest: PurePosixPath | None, findings: Findings) -> None:
    """Add the Julia packages of Project.toml in the versions that Manifest.toml has for them.

    Raises BuildError recipe-unreadable.
    """
    project = read_toml(root, path)
    versions = _manifest(root, manifest) if manifest else {}
    values = []
    julia = versions.get("julia") or text_of(table(project, "compat"), "julia")
    if _VERSION.fullmatch(julia):
        values.append(f"julia@{julia}")
    for name in table(project, "deps"):
        if not _JULIA_NAME.fullmatch(name):
            raise unreadable(path, f"“{name[:80]}” is no name of a Julia package")
        values.append(f"{name}@{versions[name]}" if name in versions else name)
    if manifest:
        findings.take_file(str(manifest))
    _wish(findings, Wish.JULIA, path, _few(values, path), f"the Julia packages of {path.name} are not installed")


def read_julia_require(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the Julia packages of a REQUIRE file, the form before Project.toml. Raises BuildError recipe-unreadable."""
    values = []
    for line in _lines(root, path):
        words = [word for word in line.split() if not word.startswith("@")]
        if not words or not _JULIA_NAME.fullmatch(words[0]):
            raise unreadable(path, f"“{line[:80]}” is no Julia package")
        versions = [word for word in words[1:2] if _VERSION.fullmatch(word)]
        values.append("@".join([words[0], *versions]))
    _wish(findings, Wish.JULIA, path, values, "the Julia packages of REQUIRE are not installed")


def _manifest(root: Path, path: PurePosixPath) -> dict[str, str]:
    """Return the version of each package, and of julia itself; both forms of the manifest are understood."""
    data = read_toml(root, path)
    packages = table(data, "deps") if "manifest_format" in data else data
    versions = {"julia": text_of(data, "julia_version")}
    for name, entries in packages.items():
        entry = entries[0] if isinstance(entries, list) and entries else {}
        versions[name] = text_of(entry, "version")
    return {name: version for name, version in versions.items() if _VERSION.fullmatch(version)}


def _control_fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line[:1].isspace() and name:
            fields[name] += " " + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    return fields


def _lines(root: Path, path: PurePosixPath) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in read_text(root / path, name=str(path)).split("\n"))
    return _few([line for line in lines if line], path)


def _few(values: list[str], path: PurePosixPath) -> list[str]:
    if len(values) > ENTRIES_LIMIT:
        raise unreadable(path, f"it has more than {ENTRIES_LIMIT} entries")
    return list(dict.fromkeys(values))


def _wish(
    findings: Findings, wish: Wish, path: PurePosixPath, values: list[str] | tuple[str, ...], remark: str
) -> None:
    findings.take_file(str(path))
    findings.extras.append(Extra(wish, str(path), tuple(values), f"{path}: {remark}."))
