"""What a run was given and where it ran, in words: its variables and its machine. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reproduce.runner.quantities import bytes_words

_MACHINE_WORDS: Final = {
    "processor": "Processor",
    "instructions": "Instructions for numbers",
    "processors": "Processors",
    "usable_processors": "Processors that it may use",
    "memory_bytes": "Memory",
    "architecture": "Architecture",
    "system": "System",
    "kernel": "System kernel",
    "libc": "C library",
    "control_groups": "Control groups",
    "scratch_filesystem": "File system of the scratch",
    "gpus_asked": "Graphics processors that were asked for",
    "gpus": "Devices that were shown for them",
    "gpu_models": "Graphics processors",
    "gpu_driver": "Their driver",
    "clock_source": "Clock source",
    "runner_python": "Python of the runner",
    "papermill": "papermill",
    "nbclient": "nbclient",
}


def machine_rows(machine: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is known of the machine as pairs of a name and a value, the processor first."""
    known = [name for name in _MACHINE_WORDS if name in machine]
    rest = sorted(set(machine) - set(known))
    rows = [(_MACHINE_WORDS.get(name, name), _value(name, machine[name])) for name in (*known, *rest)]
    return [(name, value) for name, value in rows if value]


def variable_rows(variables: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the kernel's environment variables as pairs of a name and a value; none for runs that kept none."""
    values = variables.get("values")
    return [(str(name), str(value)) for name, value in sorted(values.items())] if isinstance(values, Mapping) else []


def _value(name: str, value: object) -> str:
    if name == "memory_bytes" and isinstance(value, int):
        return bytes_words(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
