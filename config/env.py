"""Settings from the environment: each declared once, with its meaning, refusing a bad value with a clear message.

Every variable NAME may instead be given as NAME_FILE, the path of a file holding the value, so that secrets stay out of
the environment (the convention of Docker and Kubernetes secrets). Giving both is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from catalog.allowed_hosts import ANY_HOST, AllowedHostError, parse_allowed_host

T = TypeVar("T")

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


@dataclass(frozen=True, slots=True)
class Declared:
    """What the documentation shows of one setting."""

    name: str
    default: str
    meaning: str


class Environment:
    """Reads declared settings from a mapping, normally os.environ, and remembers what was declared."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values
        self.declared: list[Declared] = []

    def text(self, name: str, default: str, meaning: str, *, choices: tuple[str, ...] = ()) -> str:
        """Return a string, one of `choices` where these are given."""

        def parse(raw: str) -> str:
            if choices and raw not in choices:
                raise ValueError(f"must be one of {', '.join(choices)}")
            return raw

        return self._read(name, default, meaning, parse)

    def boolean(self, name: str, default: bool, meaning: str) -> bool:
        """Return a truth value; accepts 1/0, true/false, yes/no, on/off."""

        def parse(raw: str) -> bool:
            if raw.lower() in _TRUE:
                return True
            if raw.lower() in _FALSE:
                return False
            raise ValueError("must be true or false")

        return self._read(name, "true" if default else "false", meaning, parse)

    def integer(self, name: str, default: int, meaning: str, *, least: int = 0, most: int = 2**31) -> int:
        """Return a whole number between `least` and `most`, both included."""

        def parse(raw: str) -> int:
            try:
                number = int(raw)
            except ValueError:
                raise ValueError("must be a whole number") from None
            if not least <= number <= most:
                raise ValueError(f"must be between {least} and {most}")
            return number

        return self._read(name, str(default), meaning, parse)

    def size(self, name: str, default: str, meaning: str, *, least: int = 1) -> int:
        """Return a size in bytes, from a number with an optional unit K, M, G or T (powers of 1024)."""

        def parse(raw: str) -> int:
            number, unit = (raw[:-1], raw[-1].lower()) if raw[-1:].isalpha() else (raw, "")
            if unit not in _UNITS or not number.isascii() or not number.isdigit() or int(number) < least:
                raise ValueError("must be a size such as 512M or 4G")
            return int(number) * _UNITS[unit]

        return self._read(name, default, meaning, parse)

    def rate(self, name: str, default: str, meaning: str) -> str:
        """Return how often something may be done, as 30/hour; per second, minute, hour or day."""

        def parse(raw: str) -> str:
            if not re.fullmatch(r"[1-9][0-9]{0,8}/(second|minute|hour|day)", raw):
                raise ValueError("must be a rate such as 30/hour")
            return raw

        return self._read(name, default, meaning, parse)

    def items(self, name: str, default: str, meaning: str) -> list[str]:
        """Return the items of a comma-separated list, without empty ones."""
        return self._read(name, default, meaning, lambda raw: [part.strip() for part in raw.split(",") if part.strip()])

    def hosts(self, name: str, default: str, meaning: str) -> list[str]:
        """Return a comma-separated list of hosts as catalog.allowed_hosts reads them, or `*` for every public one."""

        def parse(raw: str) -> list[str]:
            items = [part.strip() for part in raw.split(",") if part.strip()]
            try:
                return [item if item == ANY_HOST else str(parse_allowed_host(item)) for item in items]
            except AllowedHostError as error:
                raise ValueError(f"must be hosts such as data.example.org or *.example.org, or *: {error}") from None

        return self._read(name, default, meaning, parse)

    def path(self, name: str, default: Path, meaning: str) -> Path:
        """Return an absolute path."""

        def parse(raw: str) -> Path:
            path = Path(raw).expanduser()
            if not path.is_absolute():
                raise ValueError("must be an absolute path")
            return path

        return self._read(name, str(default), meaning, parse)

    def url(self, name: str, default: str, meaning: str, *, schemes: tuple[str, ...]) -> str:
        """Return a URL of one of `schemes`, or an empty string where the default is empty and nothing is given."""

        def parse(raw: str) -> str:
            if not raw and not default:
                return raw
            wanted = " or ".join(scheme + "://" for scheme in schemes)
            try:
                parts = urlsplit(raw)
                is_good = parts.scheme in schemes and bool(parts.hostname)
            except ValueError:
                is_good = False
            if not is_good:
                raise ValueError(f"must begin with {wanted} and name a host")
            return raw.rstrip("/")

        return self._read(name, default, meaning, parse)

    def _read(self, name: str, default: str, meaning: str, parse: Callable[[str], T]) -> T:
        self.declared.append(Declared(name, default, meaning))
        raw = self._raw(name)
        try:
            return parse(default if raw is None else raw)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} {error}; see docs/settings.md.") from None

    def _raw(self, name: str) -> str | None:
        direct, file = self._values.get(name), self._values.get(f"{name}_FILE")
        if file is None:
            return direct
        if direct is not None:
            raise ImproperlyConfigured(f"Give {name} or {name}_FILE, not both.")
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from None
