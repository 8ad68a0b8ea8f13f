"""Environments that the facility gives: `settings.REPRISE_GIVEN_PREFIXES` and `settings.REPRISE_GIVEN_MODULES`."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from catalog.given_environments import NAME, is_module
from config.env import Environment


def read_given_settings(env: Environment, *, data: Path) -> tuple[dict[str, Path], dict[str, tuple[str, ...]]]:
    """Return the prefixes by name, and by name the modules that bring an environment when they are loaded."""
    prefixes = _pairs(env, "REPRISE_GIVEN_PREFIXES", "Environments that a target may choose, as NAME=PREFIX.")
    modules = _pairs(env, "REPRISE_GIVEN_MODULES", "The same by modules that bring them, as NAME=MODULE+MODULE.")
    for path in prefixes.values():
        if not _is_prefix(path, data):
            raise _refusal("REPRISE_GIVEN_PREFIXES", f"must name absolute directories apart from {data}, not {path}")
    loaded = {name: tuple(text.split("+")) for name, text in modules.items()}
    for name, wanted in loaded.items():
        if not all(map(is_module, wanted)):
            raise _refusal("REPRISE_GIVEN_MODULES", f"must name modules such as python/3.11, not {modules[name]}")
    if twice := sorted(prefixes.keys() & modules.keys()):
        raise _refusal("REPRISE_GIVEN_MODULES", f"names {twice[0]}, as REPRISE_GIVEN_PREFIXES does")
    return {name: Path(path) for name, path in prefixes.items()}, loaded


def _pairs(env: Environment, name: str, meaning: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in env.items(name, "", meaning):
        given, sign, value = (part.strip() for part in item.partition("="))
        if not sign or not value or given in found or not NAME.fullmatch(given):
            raise _refusal(name, f"must be a list of names and values, each name once, not {item}")
        found[given] = value
    return found


def _is_prefix(text: str, data: Path) -> bool:
    path = Path(text)
    is_plain = path.is_absolute() and path != Path("/") and ".." not in path.parts and text.isprintable()
    return is_plain and not path.is_relative_to(data) and not data.is_relative_to(path)


def _refusal(name: str, reason: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} {reason}; see docs/settings.md.")
