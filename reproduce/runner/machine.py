"""What of the machine may change a number: processor, memory, system. No name, address or serial number of it."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

# What compilers and numerical libraries choose their code by.
_NUMERIC_INSTRUCTIONS: Final = (
    "sse4_1",
    "sse4_2",
    "avx",
    "fma",
    "f16c",
    "avx2",
    "asimd",
    "asimdhp",
    "sve",
    "sve2",
    "vsx",
)
_NUMERIC_FAMILIES: Final = ("avx512", "avx_vnni", "amx_")
_CONTROL_GROUPS: Final = Path("/sys/fs/cgroup")


def machine_facts(scratch: Path) -> dict[str, Any]:
    """Return the facts, None for what this machine does not tell. `scratch` is where the run may write."""
    model, instructions = _processor()
    return {
        "system": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "libc": _libc(),
        "processor": model,
        "instructions": instructions,
        "processors": os.cpu_count(),
        "usable_processors": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "control_groups": control_groups(_CONTROL_GROUPS),
        "scratch_filesystem": filesystem_of(scratch),
        "clock_source": _line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        "runner_python": platform.python_version(),
        "papermill": getattr(sys.modules.get("papermill"), "__version__", None),
        "nbclient": getattr(sys.modules.get("nbclient"), "__version__", None),
    }


def control_groups(place: Path) -> str:
    """Tell how control groups are mounted here: "v2", "hybrid" (v1 with a v2 tree), "v1" or "none"."""
    if (place / "cgroup.controllers").is_file():
        return "v2"
    if (place / "unified").is_dir():
        return "hybrid"
    return "v1" if (place / "memory").is_dir() else "none"


def filesystem_of(path: Path) -> str | None:
    """Return the kind of file system that holds the path, such as "ext4"."""
    found: tuple[int, str | None] = (-1, None)
    with suppress(OSError, IndexError, ValueError):
        real = str(path.resolve())
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            before, after = line.split(" - ", 1)
            point = before.split()[4].encode("latin-1", "replace").decode("unicode_escape")
            is_above = point == "/" or real == point or real.startswith(f"{point}/")
            # Of two mounts on one place the later is seen.
            if is_above and len(point) >= found[0]:
                found = len(point), after.split()[0]
    return found[1]


def _processor() -> tuple[str | None, list[str]]:
    model, flags = None, frozenset[str]()
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            name = name.strip().lower()
            if name in ("model name", "cpu") and model is None:
                model = value.strip() or None
            elif name in ("flags", "features"):
                flags = frozenset(value.split())
                break
    kept = [flag for flag in flags if flag in _NUMERIC_INSTRUCTIONS or flag.startswith(_NUMERIC_FAMILIES)]
    return model, sorted(kept)


def _libc() -> str | None:
    with suppress(OSError, ValueError):
        return os.confstr("CS_GNU_LIBC_VERSION")
    return None


def _line(path: str) -> str | None:
    with suppress(OSError):
        return Path(path).read_text(encoding="ascii", errors="replace").strip() or None
    return None
