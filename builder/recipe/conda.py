"""Read environment.yml: the pip part as it is, conda's packages as far as the index has them under a name."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

from builder.errors import BuildError
from builder.recipe.conda_packages import CondaPackages
from builder.recipe.decoding import read_text
from builder.recipe.documents import ENTRIES_LIMIT, parse_yaml, unreadable
from builder.recipe.findings import Findings
from builder.recipe.requirements_txt import read_requirement_line

_SELECTED: Final = re.compile(r"^(?P<entry>\s*-.*?)\s+#\s*\[(?P<selector>[\w ]{1,80})\]\s*$")
_PLATFORM_KEY: Final = re.compile(r"sel\((\w+)\)")
# What the selectors of conda's recipes and of conda-lock say of Linux on x86-64.
_HOLDS: Final = {
    "linux": True, "linux64": True, "unix": True, "x86_64": True, "x86": True, "win": False, "win32": False,
    "win64": False, "osx": False, "osx64": False, "arm64": False, "aarch64": False, "ppc64le": False,
}  # fmt: skip


def read_environment(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add what the environment file `path` of `root` asks for; every conda package is an approximation and says so.

    Raises BuildError recipe-unreadable, requirement-invalid or requirement-forbidden.
    """
    file = str(path)
    data = parse_yaml(_selected(read_text(root / path, name=file), file, findings), path)
    findings.take_file(file)
    if data is None:
        return
    if not isinstance(data, dict):
        raise unreadable(path, "it is no table")
    _read_channels(data.get("channels"), path, findings)
    _read_variables(data.get("variables"), path, findings)
    dependencies = data.get("dependencies") or []
    if not isinstance(dependencies, list):
        raise unreadable(path, "its dependencies are not a list")
    if len(dependencies) > ENTRIES_LIMIT:
        raise unreadable(path, f"it has more than {ENTRIES_LIMIT} entries")
    packages = CondaPackages(path)
    for entry in dependencies:
        _read_entry(entry, root, path, findings, packages)
    packages.finish(findings)


def _read_entry(entry: object, root: Path, path: PurePosixPath, findings: Findings, packages: CondaPackages) -> None:
    if isinstance(entry, str):
        packages.add(entry, findings)
    elif isinstance(entry, dict):
        for key, value in entry.items():
            platform = _PLATFORM_KEY.fullmatch(key) if isinstance(key, str) else None
            if key == "pip":
                _read_pip(value, root, path, findings)
            elif platform and isinstance(value, str):
                if _HOLDS.get(platform.group(1), True):
                    packages.add(value, findings)
            else:
                reason = "an entry is a text, or the packages of pip"
                raise BuildError("requirement-invalid", requirement=str(key)[:100], file=str(path), reason=reason)
    elif entry is not None:
        shown = str(entry)[:100] if isinstance(entry, int | float) else "a list"
        raise BuildError("requirement-invalid", requirement=shown, file=str(path), reason="it is no text")


def _read_pip(value: object, root: Path, path: PurePosixPath, findings: Findings) -> None:
    if isinstance(value, str):
        value = value.splitlines()
    if value is not None and not isinstance(value, list):
        raise unreadable(path, "its part for pip is no list")
    for line in value or []:
        if not isinstance(line, str):
            raise unreadable(path, "its part for pip holds what is no text")
        read_requirement_line(line, root, path, findings)


def _read_channels(value: object, path: PurePosixPath, findings: Findings) -> None:
    if value is None:
        return
    if not isinstance(value, list):
        raise unreadable(path, "its channels are not a list")
    for channel in value:
        if isinstance(channel, str):
            findings.take_channel(channel)


def _read_variables(value: object, path: PurePosixPath, findings: Findings) -> None:
    if isinstance(value, dict) and value:
        names = ", ".join(sorted(str(name)[:40] for name in value if isinstance(name, str))[:20])
        findings.approximations.append(f"{path}: its variables are not set: {names}.")


def _selected(text: str, file: str, findings: Findings) -> str:
    """Return the text without the lines whose selector ("# [win]") is not for Linux."""
    kept = []
    for line in text.split("\n"):
        match = _SELECTED.match(line) if "[" in line and len(line) < 400 else None
        if match and not _holds(match["selector"]):
            entry = match["entry"].strip(" -")[:60]
            findings.notes.append(f"{file}: {entry} is for {match['selector']} alone.")
            continue
        kept.append(line)
    return "\n".join(kept)


def _holds(selector: str) -> bool:
    """Tell whether a selector ("linux", "not win", "osx or linux") holds; what is not known holds."""
    return any(
        all(
            _HOLDS.get(word.removeprefix("not ").strip(), True) != word.startswith("not ")
            if word.removeprefix("not ").strip() in _HOLDS
            else True
            for word in (part.strip() for part in alternative.split(" and "))
        )
        for alternative in selector.split(" or ")
    )
