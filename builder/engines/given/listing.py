"""What a prefix holds: its Python, its packages, a digest of their list. Read from files; nothing of it is run."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name

from builder.engines.containers.image_contents import PythonInside, python_at
from builder.engines.containers.inside import Inside
from builder.engines.protocol import Package

_METADATA_BYTES: Final = 32 * 2**20
_MOST: Final = 5000
_DISTRIBUTIONS: Final = (".dist-info", ".egg-info")


class PrefixUnusableError(Exception):
    """The prefix cannot be used. The message says why in words that name no path."""


@dataclass(frozen=True, slots=True)
class CondaPackage:
    """A package that conda installed: `build` is its build string, `sha256` its archive's, empty where nobody tells."""

    name: str
    version: str
    build: str
    sha256: str

    def __str__(self) -> str:
        return "=".join(filter(None, (self.name, self.version, self.build)))


@dataclass(frozen=True, slots=True)
class Listing:
    """What a prefix holds. `python` is None where it has none.

    `packages` are Python's distributions, `outside` those of them that lie elsewhere (editable installations).
    `digest` is equal for two prefixes with the same packages, builds and installed files, wherever they lie.
    """

    python: PythonInside | None
    packages: tuple[Package, ...]
    conda: tuple[CondaPackage, ...]
    outside: tuple[str, ...]
    digest: str


def read_listing(prefix: Path, libraries: Sequence[Path] = ()) -> Listing:
    """Return what the prefix holds, with Python's distributions in the directories `libraries` beside it.

    Raises PrefixUnusableError when there is no prefix, or it cannot be read.
    """
    try:
        if not prefix.is_dir():
            raise PrefixUnusableError("its directory is not there")
        return _listing(prefix, libraries)
    except OSError as error:
        raise PrefixUnusableError(f"it cannot be read: {error.strerror}") from error


def _listing(prefix: Path, libraries: Sequence[Path]) -> Listing:
    inside = Inside(Path("/"))
    program = next(inside.programs("python", (f"{prefix}/bin",)), None)
    program = program or next(inside.programs("python3", (f"{prefix}/bin",)), None)
    python = python_at(inside, program, {}) if program else None
    conda = tuple(sorted(_conda(prefix), key=str))
    found = sorted(_distributions(prefix, libraries), key=lambda each: (each[0].name, each[0].version, each[1]))
    rows = [f"python {python.version if python else 'none'}"]
    rows += [f"conda {package} {package.sha256}" for package in conda]
    rows += [f"dist {package.name}=={package.version} {record}" for package, record, _ in found]
    packages = {package.name: package for package, _, _ in found}
    return Listing(
        python=python,
        packages=tuple(packages.values()),
        conda=conda,
        outside=tuple(package.name for package, _, is_outside in found if is_outside),
        digest=hashlib.sha256("".join(f"{row}\n" for row in rows).encode("utf-8", "surrogateescape")).hexdigest(),
    )


def _conda(prefix: Path) -> Iterator[CondaPackage]:
    folder = prefix / "conda-meta"
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("*.json"))[:_MOST]:
        facts = _json(path)
        name, version = facts.get("name"), facts.get("version")
        if isinstance(name, str) and isinstance(version, str):
            digest = facts.get("sha256") or facts.get("md5") or ""
            yield CondaPackage(_plain(name), _plain(version), _plain(facts.get("build") or ""), _plain(digest))


def _distributions(prefix: Path, libraries: Sequence[Path]) -> Iterator[tuple[Package, str, bool]]:
    """Yield each distribution, a digest of the list of its files, and whether it lies outside of the prefix."""
    places = (*sorted(prefix.glob("lib*/python*/site-packages")), *(path for path in libraries if path.is_dir()))
    # lib64 may lead to lib.
    for site in dict.fromkeys(place.resolve() for place in places):
        for folder in sorted(site.iterdir())[: 4 * _MOST]:
            if folder.suffix in _DISTRIBUTIONS and (found := _name_of(folder)) is not None:
                yield found, _files_digest(folder), _is_outside(folder)


def _name_of(folder: Path) -> Package | None:
    """Return name and version as the metadata say, else as the directory is called."""
    metadata = folder if folder.is_file() else folder / ("METADATA" if folder.suffix == ".dist-info" else "PKG-INFO")
    fields: dict[str, str] = {}
    if metadata.is_file():
        with metadata.open("rb") as file:
            head = file.read(64 * 2**10).decode("utf-8", "replace").partition("\n\n")[0]
        for line in head.splitlines():
            name, sign, value = line.partition(": ")
            if sign and name in ("Name", "Version"):
                fields.setdefault(name, value.strip())
    called, _, version = folder.stem.partition("-")
    name, version = fields.get("Name", called), fields.get("Version", version.partition("-")[0])
    return Package(canonicalize_name(_plain(name)), _plain(version)) if name and version else None


def _files_digest(folder: Path) -> str:
    """Return the digest of RECORD as far as it tells of installed files: bytecode comes and goes."""
    record = folder / "RECORD"
    if not record.is_file():
        return ""
    digest = hashlib.sha256()
    with record.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) > 1 and row[1] and not row[0].startswith(("..", "/"))]
    # Scripts name the place of their interpreter, and some files the place or the time of installing.
    for row in sorted(row for row in rows if not row[0].endswith((".pyc", "direct_url.json", "uv_cache.json"))):
        digest.update(f"{row[0]},{row[1]}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _is_outside(folder: Path) -> bool:
    """Tell whether the distribution is an editable installation, whose files lie where somebody works on them."""
    facts = _json(folder / "direct_url.json") if folder.is_dir() else {}
    where = facts.get("dir_info")
    return isinstance(where, dict) and where.get("editable") is True


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file() or path.stat().st_size > _METADATA_BYTES:
        return {}
    try:
        facts = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _plain(text: object) -> str:
    """Return a short text without what could break a line of the list."""
    return "".join(sign for sign in str(text) if sign.isprintable() and sign != " ")[:200]
