"""Read pixi: pixi.toml, or [tool.pixi] of pyproject.toml, and the lock pixi.lock."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Final

from builder.recipe.conda_lock import PLATFORM, parse_address, read_conda_lock
from builder.recipe.conda_packages import CondaPackages, is_python_build
from builder.recipe.documents import (
    ENTRIES_LIMIT,
    list_of,
    read_toml,
    read_yaml,
    rows,
    table,
    text_of,
    texts_of,
    unreadable,
)
from builder.recipe.findings import Findings
from builder.recipe.groups import choose_group
from builder.recipe.locked import EVERY, LockedPackage, add_locked
from builder.recipe.loose_table import add_entry

_DEFAULT: Final = "default"
_PURL: Final = "pkg:pypi/"
_TARGETS: Final = ("unix", "linux", PLATFORM)


def read_pixi(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add what the default environment asks for. Raises BuildError recipe-unreadable or requirement-invalid."""
    data = read_toml(root, path)
    pixi = table(data, "tool", "pixi") if path.name == "pyproject.toml" else data
    findings.take_file(str(path))
    workspace = table(pixi, "workspace") or table(pixi, "project")
    for channel in list_of(workspace, "channels"):
        findings.take_channel(channel if isinstance(channel, str) else text_of(channel, "channel"))
    packages = CondaPackages(path)
    features = _features(pixi, str(path), findings)
    for part in _parts(pixi, features):
        for name, wanted in table(part, "dependencies").items():
            packages.add(_spec(name, wanted, path), findings)
        for name, wanted in table(part, "pypi-dependencies").items():
            add_entry(name, wanted, root, path, findings)
    packages.finish(findings)


def has_pixi(root: Path, path: PurePosixPath) -> bool:
    """Tell whether a pyproject.toml has a part for pixi. Raises BuildError recipe-unreadable."""
    return bool(table(read_toml(root, path), "tool", "pixi"))


def read_pixi_lock(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the packages that pixi.lock has for linux-64. Raises BuildError recipe-unreadable or requirement-invalid."""
    data = read_yaml(root, path)
    if isinstance(data, dict) and "package" in data:  # before its version 4 it was conda-lock's format
        read_conda_lock(root, path, findings)
        return
    environments = table(data, "environments")
    name = _DEFAULT if _DEFAULT in environments else choose_group(environments) or ""
    chosen = table(environments, name)
    listed = rows(chosen.get("packages"), PLATFORM, path)
    if not listed:
        raise unreadable(path, f"its environment {name or _DEFAULT} locks nothing for {PLATFORM}")
    if len(listed) > ENTRIES_LIMIT:
        raise unreadable(path, f"it has more than {ENTRIES_LIMIT} entries")
    if name != _DEFAULT:
        findings.notes.append(f"{path}: the environment {name} is taken.")
    for channel in list_of(chosen, "channels"):
        findings.take_channel(text_of(channel, "url") or (channel if isinstance(channel, str) else ""))
    details = {_address(row): row for row in rows(data, "packages", path)}
    packages = CondaPackages(path)
    pip: list[LockedPackage] = []
    for row in listed:
        address = _address(row)
        if "conda" in row:
            _add_conda(address, details.get(address, {}), path, packages, findings)
        else:
            pip.append(_released(address, details.get(address, {}), path))
    add_locked([(package, EVERY) for package in pip], path, findings, others=len(listed) - len(pip))
    packages.finish(findings)


def _features(pixi: dict[str, Any], file: str, findings: Findings) -> list[str]:
    """Return the features of the environment that is taken: the default one, or the preferred where that is empty."""
    environments = table(pixi, "environments")
    name = _DEFAULT
    if not any(part.get("dependencies") or part.get("pypi-dependencies") for part in _parts(pixi, [])):
        others = {key: value for key, value in environments.items() if key != _DEFAULT}
        name = _DEFAULT if _DEFAULT in environments else choose_group(others or table(pixi, "feature")) or _DEFAULT
        if name != _DEFAULT:
            findings.notes.append(f"{file}: the environment {name} is taken.")
    wanted = environments.get(name, [name] if name in table(pixi, "feature") else [])
    if isinstance(wanted, dict):
        wanted = texts_of(wanted, "features")
    return [feature for feature in wanted if isinstance(feature, str)] if isinstance(wanted, list) else []


def _parts(pixi: dict[str, Any], features: Iterable[str]) -> list[dict[str, Any]]:
    tables = [pixi, *(table(pixi, "feature", feature) for feature in features)]
    return [part for each in tables for part in (each, *(table(each, "target", target) for target in _TARGETS))]


def _spec(name: str, wanted: object, path: PurePosixPath) -> str:
    if isinstance(wanted, str):
        version, channel = wanted, ""
    elif isinstance(wanted, dict) and not {"git", "url", "path"} & set(wanted):
        version, channel = text_of(wanted, "version"), text_of(wanted, "channel")
    else:
        raise unreadable(path, f"“{name[:80]}” is no package with a version")
    version = "" if version.strip() == "*" else version.strip()
    return f"{channel + '::' if channel and '://' not in channel else ''}{name} {version}".strip()


def _address(row: dict[str, Any]) -> str:
    return text_of(row, "conda") or text_of(row, "pypi") or text_of(row, "url") or text_of(row, "path")


def _add_conda(
    address: str, details: dict[str, Any], path: PurePosixPath, packages: CondaPackages, findings: Findings
) -> None:
    parsed = parse_address(address)
    name = text_of(details, "name") or (parsed[0] if parsed else "")
    version = text_of(details, "version") or (parsed[1] if parsed else "")
    if not name or not version:
        raise unreadable(path, f"“{address[:80]}” is no conda package for {PLATFORM}")
    known_as = next((text.removeprefix(_PURL).split("?")[0].split("@")[0] for text in texts_of(details, "purls")
                     if text.startswith(_PURL)), "")  # fmt: skip
    needs = {text.split()[0] for text in texts_of(details, "depends") if text}
    is_python = bool(known_as) or "python" in needs or bool(parsed and is_python_build(parsed[2]))
    packages.add_locked(name, version, is_python=is_python, findings=findings, known_as=known_as)


def _released(address: str, details: dict[str, Any], path: PurePosixPath) -> LockedPackage:
    name, version = text_of(details, "name"), text_of(details, "version")
    if not name:
        raise unreadable(path, f"nothing is said of “{address[:80]}”")
    is_local = not address.startswith(("https://", "http://", "git+"))
    return LockedPackage(name, version, address=address if address.startswith("git+") else "", is_local=is_local)
