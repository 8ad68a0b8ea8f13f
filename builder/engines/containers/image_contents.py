"""What is inside an image: the version of its Python, its packages. Read from files; nothing of the image is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from packaging.utils import canonicalize_name

from builder.engines.containers.inside import Inside
from builder.engines.protocol import Package

_LIBRARY: Final = re.compile(r"python(\d+\.\d+)")
_DISTRIBUTION: Final = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._]*?)-([0-9][A-Za-z0-9.!+_]*?)(?:-py\d(?:\.\d+)?)?\.(?:dist|egg)-info"
)
_CONDA: Final = re.compile(r"python-(\d+\.\d+\.\d+)-[^-]+\.json")
_PATCHLEVEL: Final = re.compile(r'#define\s+PY_VERSION\s+"(\d+\.\d+\.\d+)')
_VENV_VERSION: Final = re.compile(r"^(?:version_info|version)\s*=\s*(\d+\.\d+\.\d+)", re.MULTILINE)
_SYSTEM_VERSION: Final = re.compile(r"(\d+\.\d+\.\d+)")
_DPKG_BYTES: Final = 32 * 2**20
_SMALL_BYTES: Final = 256 * 2**10
_PACKAGES: Final = 5000


@dataclass(frozen=True, slots=True)
class PythonInside:
    """A Python of an image: its program, the directory above bin/, and its version, exact where that can be told."""

    program: str
    prefix: str
    version: str

    @property
    def minor(self) -> str:
        """Return "3.11" of "3.11.2"."""
        return ".".join(self.version.split(".")[:2])


def python_at(inside: Inside, program: str, variables: Mapping[str, str]) -> PythonInside | None:
    """Return what is known of the Python `program`; None when it is none."""
    for prefix in _prefixes(inside, program):
        libraries = [match[1] for name in inside.names(f"{prefix}/lib") if (match := _LIBRARY.fullmatch(name))]
        named = _LIBRARY.match((inside.real(program) or "").rpartition("/")[2])
        # /usr/lib may hold several; the program's own name then says which it is.
        minor = named[1] if named and named[1] in libraries else libraries[-1] if libraries else None
        if minor is not None:
            return PythonInside(program, prefix, _exact(inside, prefix, minor, variables))
    return None


def python_packages(inside: Inside, python: PythonInside) -> tuple[Package, ...]:
    """Return the distributions that this Python finds in its own folders, by name."""
    library = f"{python.prefix}/lib/python{python.minor}"
    folders = [f"{library}/site-packages", f"{library}/dist-packages"]
    settings = inside.text(f"{python.prefix}/pyvenv.cfg", limit_bytes=_SMALL_BYTES)
    if python.prefix in ("/usr", "/usr/local") or (settings and "include-system-site-packages = true" in settings):
        folders += ["/usr/local/lib/python" + python.minor + "/dist-packages", "/usr/lib/python3/dist-packages"]
    found: dict[str, Package] = {}
    for folder in folders:
        for name in inside.names(folder):
            match = _DISTRIBUTION.fullmatch(name)
            if match:
                package = Package(canonicalize_name(match[1]), match[2])
                found.setdefault(package.name, package)
    return tuple(sorted(found.values(), key=lambda package: package.name)[:_PACKAGES])


def system_packages(inside: Inside) -> dict[str, str]:
    """Return the installed packages of a Debian-like system with their versions; empty for another system."""
    status = inside.text("/var/lib/dpkg/status", limit_bytes=_DPKG_BYTES) or ""
    return dict(sorted(_dpkg(status))[:_PACKAGES])


def _dpkg(status: str) -> Iterator[tuple[str, str]]:
    for block in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(" "))
        if fields.get("Status", "").endswith(" installed") and "Package" in fields:
            yield fields["Package"], fields.get("Version", "")


def _prefixes(inside: Inside, program: str) -> Iterator[str]:
    """Yield the directories above the program's: as it is named (a venv), then as it is (the base)."""
    for path in (program, inside.real(program) or program):
        prefix = path.rpartition("/")[0].rpartition("/")[0]
        if prefix:
            yield prefix


def _exact(inside: Inside, prefix: str, minor: str, variables: Mapping[str, str]) -> str:
    settings = inside.text(f"{prefix}/pyvenv.cfg", limit_bytes=_SMALL_BYTES) or ""
    header = inside.text(f"{prefix}/include/python{minor}/patchlevel.h", limit_bytes=_SMALL_BYTES) or ""
    candidates = [match[1] for match in (_VENV_VERSION.search(settings), _PATCHLEVEL.search(header)) if match]
    candidates += [match[1] for name in inside.names(f"{prefix}/conda-meta") if (match := _CONDA.fullmatch(name))]
    candidates.append(variables.get("PYTHON_VERSION", ""))
    if prefix == "/usr":
        found = _SYSTEM_VERSION.match(system_packages(inside).get(f"python{minor}", ""))
        candidates.append(found[1] if found else "")
    return next((each for each in candidates if re.fullmatch(rf"{re.escape(minor)}\.\d+", each)), minor)
