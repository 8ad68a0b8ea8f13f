"""What a run may ask of a batch system: read strictly, held within the operator's bounds, combined. Pure.

The same JSON object stands on a target (what its author asks for), on a facility and, by settings, on the installation:

    {"partition": "gpu", "account": "mx", "qos": "long", "constraint": "skylake&fast", "memory": "16G",
     "processors": 4, "gpus": "a100:1", "time_s": 7200, "modules": ["hdf5/1.14"]}

Every value ends up on a command line or in a script on a node, so each must match its pattern as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from catalog.errors import CatalogError

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")
_CONSTRAINT: Final = re.compile(rf"{_NAME.pattern}([&|]{_NAME.pattern}){{0,7}}")
_MEMORY: Final = re.compile(r"[1-9][0-9]{0,5}[MGT]")
_GPUS: Final = re.compile(r"([A-Za-z][A-Za-z0-9_.\-]{0,31}:)?[1-9][0-9]?")
MODULE: Final = re.compile(r"(?=.{1,100}$)[A-Za-z0-9][A-Za-z0-9_.+\-]*(/[A-Za-z0-9][A-Za-z0-9_.+\-]*){0,3}")
_UNITS: Final = {"M": 2**20, "G": 2**30, "T": 2**40}
_MOST_MODULES: Final = 20
_MOST_PROCESSORS: Final = 4096
_MOST_SECONDS: Final = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Resources:
    """What is asked for; an empty text and None leave it to the next layer, in the end to the batch system."""

    partition: str = ""
    account: str = ""
    qos: str = ""
    constraint: str = ""
    memory_bytes: int | None = None
    processors: int | None = None
    gpus: str = ""
    time_s: int | None = None
    modules: tuple[str, ...] = ()

    @property
    def gpu_count(self) -> int:
        """How many graphics processors, of whatever kind."""
        return int(self.gpus.rpartition(":")[2]) if self.gpus else 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the operator lets a target ask for: the names on the lists, numbers up to the most. Nothing by default."""

    partitions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    qos: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    memory_bytes: int = 0
    processors: int = 0
    gpus: int = 0


def parse_resources(data: object) -> Resources:
    """Read the JSON object. Raises CatalogError resources-refused for what is unknown or does not match its pattern."""
    if not isinstance(data, dict):
        raise _refusal("resources", data, "it must be an object of names and values")
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in _READERS:
            raise _refusal("resources", name, f"known are {', '.join(_READERS)}")
        field, read = _READERS[name]
        values[field] = read(name, value)
    return Resources(**values)


def parse_words(text: str) -> dict[str, Any]:
    """Read `memory=16G processors=4 modules=hdf5/1.14,git` as the JSON object; empty text is an empty one."""
    found: dict[str, Any] = {}
    for word in text.split():
        name, sign, value = word.partition("=")
        if not sign or not value or name in found:
            raise _refusal("resources", word, "write each once, as name=value with spaces between")
        if name == "modules":
            found[name] = value.split(",")
        else:
            is_number = name in ("processors", "time_s") and value.isascii() and value.isdigit() and len(value) < 10
            found[name] = int(value) if is_number else value
    parse_resources(found)
    return found


def words_of(data: object) -> str:
    """Write the JSON object as `parse_words` reads it."""
    if not isinstance(data, dict):
        return ""
    return " ".join(f"{n}={','.join(map(str, v)) if isinstance(v, list) else v}" for n, v in data.items())


def check_bounds(asked: Resources, bounds: Bounds) -> None:
    """Raise CatalogError resources-refused when a target asks for more than the operator lets it."""
    wanted: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
        ("partition", _given(asked.partition), bounds.partitions),
        ("account", _given(asked.account), bounds.accounts),
        ("qos", _given(asked.qos), bounds.qos),
        ("constraint", tuple(re.split(r"[&|]", asked.constraint)) if asked.constraint else (), bounds.constraints),
        ("modules", asked.modules, bounds.modules),
    )
    for name, values, allowed in wanted:
        for value in values:
            if value not in allowed:
                raise _refusal(name, value, f"allowed here: {', '.join(allowed) or 'none'}")
    for name, number, most in (
        ("memory", asked.memory_bytes or 0, bounds.memory_bytes),
        ("processors", asked.processors or 0, bounds.processors),
        ("gpus", asked.gpu_count, bounds.gpus),
    ):
        if number > most:
            shown = f"{most // 2**20}M" if name == "memory" else str(most)
            raise _refusal(name, f"{number // 2**20}M" if name == "memory" else number, f"at most {shown} here")
    if asked.time_s is not None:
        raise _refusal("time_s", asked.time_s, "the time limit of a target is its own field")


def combine(*layers: Resources) -> Resources:
    """Return what holds when later layers go before earlier ones; modules add up."""
    found = Resources()
    for layer in layers:
        given = {
            each.name: value for each in fields(layer) if (value := getattr(layer, each.name)) not in ("", None, ())
        }
        modules = tuple(dict.fromkeys((*found.modules, *layer.modules)))
        found = replace(found, **{**given, "modules": modules})
    return found


def _given(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _refusal(name: str, value: object, reason: str) -> CatalogError:
    shown = "".join(sign if sign.isprintable() else "·" for sign in str(value))[:80]
    return CatalogError("resources-refused", name=name, value=shown, reason=reason)


def _text(pattern: re.Pattern[str], example: str) -> Callable[[str, object], str]:
    def read(name: str, value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise _refusal(name, value, f"write it as in {example}")
        return value

    return read


def _number(most: int) -> Callable[[str, object], int]:
    def read(name: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise _refusal(name, value, f"it must be a whole number from 1 to {most}")
        return value

    return read


def _memory(name: str, value: object) -> int:
    text = _text(_MEMORY, "16G")(name, value)
    return int(text[:-1]) * _UNITS[text[-1]]


def _modules(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST_MODULES:
        raise _refusal(name, value, f"it must be a list of at most {_MOST_MODULES} names")
    read = _text(MODULE, "hdf5/1.14")
    return tuple(read(name, each) for each in value)


_READERS: Final[dict[str, tuple[str, Callable[[str, object], Any]]]] = {
    "partition": ("partition", _text(_NAME, "gpu")),
    "account": ("account", _text(_NAME, "beamline-7")),
    "qos": ("qos", _text(_NAME, "long")),
    "constraint": ("constraint", _text(_CONSTRAINT, "skylake&fast")),
    "memory": ("memory_bytes", _memory),
    "processors": ("processors", _number(_MOST_PROCESSORS)),
    "gpus": ("gpus", _text(_GPUS, "1 or a100:1")),
    "time_s": ("time_s", _number(_MOST_SECONDS)),
    "modules": ("modules", _modules),
}
