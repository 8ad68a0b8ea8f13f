"""Read and write the lock: a pylock.toml (PEP 751) that says the same wherever it was made."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from builder.engines.protocol import Lock, Package
from builder.errors import BuildError

# Begins a line of its own. A quoted text cannot hold a line break, so nothing else in a lock can look like it.
_TABLE: Final = "[tool.reprise]\n"


@dataclass(frozen=True, slots=True)
class SourceOnly:
    """A locked package that has no wheel and is therefore built here."""

    name: str
    version: str
    url: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Return the archive's file name."""
        return unquote(urlsplit(self.url).path).rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Reasons:
    """What was chosen and why, as the lock itself records it: the exact Python and the date the packages are of."""

    python: str
    python_reason: str
    as_of: datetime
    as_of_reason: str
    approximations: tuple[str, ...]


def reasoned_lock(text: str, reasons: Reasons) -> Lock:
    """Return the Lock of a resolver's pylock.toml, with the reasons written into its table `tool.reprise`."""
    rows = [
        _TABLE.rstrip(),
        f"python = {_quoted(reasons.python)}",
        f"python-reason = {_quoted(reasons.python_reason)}",
        f"as-of = {reasons.as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"as-of-reason = {_quoted(reasons.as_of_reason)}",
        "approximations = [",
        *(f"    {_quoted(each)}," for each in reasons.approximations),
        "]",
    ]
    return make_lock(
        packages_text(text) + "\n" + "\n".join(rows) + "\n",
        python_version=reasons.python,
        as_of=reasons.as_of,
        approximations=reasons.approximations,
    )


def packages_text(text: str) -> str:
    """Return the lock without its reasons: what is installed, whatever it was chosen for."""
    return text.split(_TABLE, 1)[0].rstrip("\n") + "\n"


def packages_sha256(lock: Lock) -> str:
    """Return the digest of what the lock installs, the same for every date and reason that lead to it."""
    return hashlib.sha256(packages_text(lock.text).encode()).hexdigest()


def make_lock(text: str, *, python_version: str, as_of: datetime, approximations: tuple[str, ...]) -> Lock:
    """Return the Lock of uv's pylock.toml. Raises BuildError internal-error when it is none."""
    text = "".join(f"{line}\n" for line in text.split("\n") if line.strip() and not line.startswith("#"))
    text = text.replace("\n[[packages]]\n", "\n\n[[packages]]\n").replace(f"\n{_TABLE}", f"\n\n{_TABLE}")
    packages = tuple(
        Package(canonicalize_name(str(entry["name"])), str(entry.get("version", ""))) for entry in _entries(text)
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Lock(text, digest, python_version, as_of, tuple(sorted(packages, key=_by_name)), approximations)


def source_only(lock: Lock) -> tuple[SourceOnly, ...]:
    """Return the locked packages without a wheel."""
    found = []
    for entry in _entries(lock.text):
        if not entry.get("wheels"):
            sdist = entry.get("sdist") or {}
            sha256 = sdist.get("hashes", {}).get("sha256")
            if not sdist.get("url") or not sha256:
                reason = "the lock names neither a wheel nor a source archive with a checksum"
                raise BuildError(
                    "package-build-failed", package=entry["name"], reason=reason, python=lock.python_version
                )
            found.append(SourceOnly(entry["name"], str(entry["version"]), sdist["url"], sha256))
    return tuple(found)


def without_sources(lock: Lock) -> str:
    """Return the lock with the packages alone that have wheels, for an installation that runs nobody's code."""
    head, *blocks = packages_text(lock.text).split("[[packages]]\n")
    kept = [block for block in blocks if tomllib.loads(block).get("wheels")]
    return head + "".join(f"[[packages]]\n{block}" for block in kept)


def with_names_only(text: str, names: Collection[tuple[str, str]]) -> str | None:
    """Return the lock with the packages alone that are among these (name, version), None when there is none."""
    head, *blocks = text.split("[[packages]]\n")
    entries = [(block, tomllib.loads(block)) for block in blocks]
    kept = [block for block, entry in entries if (entry["name"], entry.get("version", "")) in names]
    return head + "".join(f"[[packages]]\n{block}" for block in kept) if kept else None


def lock_as_requirements(lock: Lock) -> str:
    """Return the lock as a requirements.txt that pip and Binder read: exact versions with all locked checksums."""
    lines = [f"# Python {lock.python_version}, packages as of {lock.as_of:%Y-%m-%d}"]
    for entry in sorted(_entries(lock.text), key=lambda entry: str(entry["name"])):
        files = [*entry.get("wheels", []), *([entry["sdist"]] if entry.get("sdist") else [])]
        hashes = sorted({f"--hash=sha256:{file['hashes']['sha256']}" for file in files if "sha256" in file["hashes"]})
        marker = f" ; {entry['marker']}" if entry.get("marker") else ""
        lines.append(" \\\n    ".join([f"{entry['name']}=={entry['version']}{marker}", *hashes]))
    return "\n".join(lines) + "\n"


def reprise_table(lock: Lock) -> dict[str, Any]:
    """Return what the lock says beside packages, its [tool.reprise]; empty when it says nothing."""
    table = tomllib.loads(lock.text).get("tool", {}).get("reprise", {})
    return dict(table) if isinstance(table, dict) else {}


def package_versions(text: str) -> dict[str, str]:
    """Return the versions in a pylock.toml by normalised name."""
    return {canonicalize_name(str(entry["name"])): str(entry.get("version", "")) for entry in _entries(text)}


def newest_uploads(text: str) -> dict[str, datetime]:
    """Return by normalised name when the last of the listed wheels of a package was uploaded, where that is told."""
    return {
        canonicalize_name(str(entry["name"])): max(moments)
        for entry in _entries(text)
        if (
            moments := [
                moment for wheel in entry.get("wheels", ()) if isinstance(moment := wheel.get("upload-time"), datetime)
            ]
        )
    }


def _quoted(text: str) -> str:
    """Return a basic string of TOML, which JSON's is, but for one control character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _entries(text: str) -> Iterator[dict[str, Any]]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BuildError("internal-error", reason=f"the lock cannot be read: {error}") from error
    yield from data.get("packages", [])


def _by_name(package: Package) -> str:
    return package.name
