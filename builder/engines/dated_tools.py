"""What uv is told of dates: the index as of the day, and exceptions for what would not work at all otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from packaging.version import Version

from builder.engines.interpreters import Interpreter
from builder.engines.kept_tables import MENDED_FOR_PYTHON, Mended
from builder.engines.protocol import Lock

# Builds need a setuptools that speaks PEP 517 (2019). The last of 2021 serves nearly all; older setup.py files that
# import what was removed in 2020 ("Feature") need the one before, on the Pythons of its time.
BUILD_TOOLS: Final = (datetime(2021, 12, 31, tzinfo=UTC), datetime(2020, 2, 28, tzinfo=UTC))
_OLD_TOOLS_UNTIL: Final = (3, 9)


def seeds(python: Interpreter) -> str:
    """Return what every environment of the time held undeclared: until Python 3.12, setuptools (pkg_resources)."""
    return "setuptools\n" if python.minor < (3, 12) else ""


def build_tools(as_of: datetime, python: Interpreter) -> tuple[datetime, ...]:
    """Return the dates of the build tools to try: never older than what serves builds at all."""
    dates = BUILD_TOOLS if python.minor <= _OLD_TOOLS_UNTIL else BUILD_TOOLS[:1]
    return tuple(dict.fromkeys(max(as_of, date) for date in dates))


@dataclass(frozen=True, slots=True)
class Dates:
    """The date that the index is seen as of, and those of the projects that are seen as of another."""

    as_of: datetime
    others: tuple[tuple[str, datetime], ...]

    @property
    def latest(self) -> datetime:
        """The date after which nothing plays a part."""
        return max(self.as_of, *(date for _, date in self.others))

    def arguments(self) -> list[str]:
        """Return what uv is told."""
        others = [f"{name}={_stamp(date)}" for name, date in self.others]
        return ["--exclude-newer", _stamp(self.as_of), *_each_after("--exclude-newer-package", others)]


def dates_of(as_of: datetime, tools: datetime, mended: Iterable[Mended] = ()) -> Dates:
    """Return the dates: build tools have their own, and what is mended is seen at the date since which it works."""
    late = ((each.name, each.until) for each in mended if each.until > as_of)
    return Dates(as_of, (("setuptools", tools), ("wheel", tools), *late))


def broken_on(python: Interpreter, lock: Lock) -> list[Mended]:
    """Return the kept entries of packages in the lock that do not work on this very Python."""
    versions = {package.name: Version(package.version) for package in lock.packages if package.version}
    here = tuple(int(number) for number in python.version.split("."))
    return [
        each
        for each in MENDED_FOR_PYTHON
        if each.name in versions
        and versions[each.name] < Version(each.minimum)
        and each.python_from <= here < each.python_below
    ]


def is_wished(python: Interpreter, wished: str) -> bool:
    """Tell whether the interpreter is what the recipe asks for; "3.6" asks for any 3.6."""
    return python.version == wished or ".".join(python.version.split(".")[:2]) == wished


def _each_after(option: str, values: Iterable[str]) -> list[str]:
    return [part for value in values for part in (option, value)]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
