"""Read from a lock the one wheel that it names for each package."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from builder.engines.protocol import Lock
from builder.errors import BuildError


@dataclass(frozen=True, slots=True)
class LockedWheel:
    """A locked package that is installed as it is."""

    name: str
    version: str
    url: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Return the wheel's file name, which pip reads."""
        return unquote(urlsplit(self.url).path).rsplit("/", 1)[-1]


def locked_wheels(lock: Lock) -> list[LockedWheel]:
    """Return the wheels of the lock. Raises BuildError internal-error when it leaves a choice or has no checksum."""
    found = []
    for entry in tomllib.loads(lock.text).get("packages", []):
        wheels = entry.get("wheels", [])
        if len(wheels) > 1:
            raise BuildError("internal-error", reason=f"the lock names several wheels of {entry['name']}")
        for wheel in wheels:
            sha256 = str(wheel.get("hashes", {}).get("sha256", ""))
            found.append(LockedWheel(str(entry["name"]), str(entry["version"]), str(wheel["url"]), sha256))
    return found
