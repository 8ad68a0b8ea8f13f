"""Write an environment.yml anew: with the versions of a lock, or with requirements that it did not declare."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import yaml
from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.documents import parse_yaml
from builder.recipe.names import CONDA_COLLECTIONS, CONDA_TO_DISTRIBUTION

_NAME: Final = re.compile(r"(?:[\w./:-]+::)?([A-Za-z0-9_][\w.-]*)")
_DEPENDENCIES: Final = re.compile(r"dependencies\s*:\s*(#.*)?")
_ITEM: Final = re.compile(r"( *)-(?: +|$)(.*)")
_PIP_PART: Final = re.compile(r"pip\s*:\s*(#.*)?")
_BARE_PYTHON: Final = re.compile(r"python\s*(#.*)?")


def environment_with_lock(text: str, pins: Sequence[str], python: str) -> str:
    """Return the file with Python X.Y and the exact versions `pins` in its pip part.

    What is no Python package stays, as do name, channels and variables. Collections of packages, whose parts the lock
    pins, go. A text that cannot be read is replaced.
    """
    data = _parsed(text)
    bare = [re.match(r"[\w.-]+", pin) for pin in pins]
    brought: set[str] = {canonicalize_name(name[0]) for name in bare if name}
    kept = [f"python={_minor(python)}"]
    for entry in _entries(data):
        name = _name(entry)
        if not name or name == "python" or name in CONDA_COLLECTIONS:
            continue
        if canonicalize_name(CONDA_TO_DISTRIBUTION.get(name) or name) not in brought:
            kept.append(entry)
    if "pip" not in map(_name, kept):
        kept.append("pip")
    channels = data.get("channels")
    new: dict[str, Any] = {key: data[key] for key in ("name",) if isinstance(data.get(key), str)}
    new["channels"] = channels if isinstance(channels, list) and channels else ["conda-forge"]
    new["dependencies"] = [*kept, {"pip": list(pins)}]
    new |= {key: data[key] for key in ("variables",) if isinstance(data.get(key), dict)}
    return _dumped(new)


def environment_with_declared(text: str, noted: Sequence[tuple[str, str]], python: str | None) -> str:
    """Return the file with the requirements in its pip part, each with its note beside it; all else stays as it is.

    `python` is written where the file names none, or no version of it. A file in a form that cannot be added to line
    by line is written anew with the same content; only its comments are lost.
    """
    data = _parsed(text)
    wanted = _expected(data, [requirement for requirement, _ in noted], python)
    added = _added(text, noted, python)
    if added is not None and _shape(_parsed(added)) == _shape(wanted):
        return added
    return _dumped(wanted)


def _expected(data: dict[str, Any], requirements: Sequence[str], python: str | None) -> dict[str, Any]:
    entries = _entries(data)
    names = [_name(entry) for entry in entries]
    if python and "python" not in names:
        entries.insert(0, f"python={_minor(python)}")
    elif python:
        entries = [f"python={_minor(python)}" if entry.strip() == "python" else entry for entry in entries]
    if "pip" not in names and not _pip_part(data):
        entries.append("pip")
    channels = {} if data.get("channels") else {"channels": ["conda-forge"]} if not names else {}
    return {**channels, **data, "dependencies": [*entries, {"pip": [*_pip_part(data), *requirements]}]}


def _added(text: str, noted: Sequence[tuple[str, str]], python: str | None) -> str | None:
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines) if _DEPENDENCIES.fullmatch(line.strip("\r"))), None)
    items = _items(lines, start) if start is not None else []
    if not items:
        return None
    margin = items[0][1]
    part = next((index for index, item in enumerate(items) if item[1] == margin and _PIP_PART.fullmatch(item[2])), None)
    width = max(len(requirement) for requirement, _ in noted) if noted else 0
    if part is None:
        below, at = margin + 4, items[-1][0] + 1
        new = [] if any(_name(item[2]) == "pip" for item in items) else [f"{' ' * margin}- pip"]
        new.append(f"{' ' * margin}- pip:")
    else:
        inner = [item for item in items[part + 1 :] if item[1] > margin]
        below, at, new = (inner[0][1], inner[-1][0] + 1, []) if inner else (margin + 4, items[part][0] + 1, [])
    new += [f"{' ' * below}- {requirement.ljust(width)}  # {place}" for requirement, place in noted]
    lines[at:at] = new
    if python:
        _write_python(lines, items, f"python={_minor(python)}")
    return "\n".join(lines)


def _items(lines: Sequence[str], start: int) -> list[tuple[int, int, str]]:
    """Return (line, indentation, text) of the items of the list that begins after line `start`."""
    found: list[tuple[int, int, str]] = []
    for number in range(start + 1, len(lines)):
        line = lines[number].rstrip()
        match = _ITEM.fullmatch(line)
        if match and (not found or len(match[1]) >= found[0][1]):
            found.append((number, len(match[1]), match[2]))
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    return found


def _write_python(lines: list[str], items: Sequence[tuple[int, int, str]], text: str) -> None:
    named = [item for item in items if _name(item[2]) == "python"]
    bare = next((item for item in named if _BARE_PYTHON.fullmatch(item[2])), None)
    if bare:
        lines[bare[0]] = lines[bare[0]].replace("python", text, 1)
    elif not named:
        lines.insert(items[0][0], f"{' ' * items[0][1]}- {text}")


def _shape(data: dict[str, Any]) -> object:
    others = {key: value for key, value in data.items() if key != "dependencies"}
    return others, sorted(_entries(data)), _pip_part(data)


def _entries(data: dict[str, Any]) -> list[str]:
    listed = data.get("dependencies")
    return [entry for entry in listed if isinstance(entry, str)] if isinstance(listed, list) else []


def _pip_part(data: dict[str, Any]) -> list[str]:
    listed = data.get("dependencies")
    parts = [entry.get("pip") for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return [str(line) for part in parts if isinstance(part, list) for line in part]


def _parsed(text: str) -> dict[str, Any]:
    try:
        data = parse_yaml(text, PurePosixPath("environment.yml"))
    except BuildError:
        return {}
    return data if isinstance(data, dict) else {}


def _dumped(data: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(data, sort_keys=False, default_flow_style=False, allow_unicode=True, width=1000)
    return text


def _name(entry: str) -> str:
    match = _NAME.match(entry.strip())
    return match[1].lower() if match else ""


def _minor(python: str) -> str:
    return ".".join(python.split(".")[:2])
