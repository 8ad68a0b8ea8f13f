"""What uv is told of dates: the index as of the day, and exceptions for what would not work at all otherwise."""

from __future__ import annotations

from collections.abc import Iterable
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


def date_arguments(as_of: datetime, tools: datetime) -> list[str]:
    """Return the arguments that make uv see the index as of the date, and the build tools as of theirs."""
    return [
        *("--exclude-newer", _stamp(as_of)),
        *("--exclude-newer-package", f"setuptools={_stamp(tools)}"),
        *("--exclude-newer-package", f"wheel={_stamp(tools)}"),
    ]


def mended_dates(as_of: datetime, mended: Iterable[Mended]) -> list[str]:
    """Return the arguments that let a project be seen at the date since which it works."""
    late = [each for each in mended if each.until > as_of]
    return [part for each in late for part in ("--exclude-newer-package", f"{each.name}={_stamp(each.until)}")]


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


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
