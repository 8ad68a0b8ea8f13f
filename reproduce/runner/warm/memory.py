"""Whether this machine is short of memory, so that nothing may lie ready in it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

# Of the whole; below it the system begins to drop what programs read from disk.
_LEAST_PART: Final = 0.1


def is_short(meminfo: Path = Path("/proc/meminfo")) -> bool:
    """Tell whether less than a tenth of the memory is available. What cannot be read is no shortage."""
    with suppress(OSError, ValueError, IndexError):
        sizes = {}
        for line in meminfo.read_text(encoding="ascii").splitlines():
            name, _, rest = line.partition(":")
            sizes[name] = int(rest.split()[0])
        if "MemAvailable" in sizes and "MemTotal" in sizes:
            return sizes["MemAvailable"] < _LEAST_PART * sizes["MemTotal"]
    return False
