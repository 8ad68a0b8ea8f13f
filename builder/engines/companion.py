"""The lock's companion: the system facts that change figures, as the finished environment's kernel saw them.

Plain JSON, described by docs/schemas/companion.schema.json. What a kernel says is a stranger's word: only what is named
here is taken, as short texts and numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from builder.engines.run_variables import ONE_THREAD, RUN_VARIABLES
from builder.engines.verifying import KernelFacts

COMPANION_SCHEMA: Final = "reprise.companion/1"
COMPANION: Final = "share/reprise/companion.json"
_TEXT_CHARACTERS: Final = 300
_MOST_ENTRIES: Final = 50
_PYTHON: Final = (
    *("version", "implementation", "build", "compiler", "full", "platform", "machine"),
    *("is_ucs4", "has_random_hashes"),
)
_BLAS: Final = ("file", "name", "version", "core", "threading", "threads", "options")
_MATPLOTLIB: Final = (
    *("version", "backend", "dpi", "savefig_dpi", "figsize_in", "font_size", "font_family", "font"),
    *("freetype", "freetype_build", "is_using_tex"),
)


def make_companion(facts: KernelFacts, *, fonts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the companion; `fonts` are FontSet.as_dict(), or {} where the environment brings its own."""
    versions, system = facts.versions, facts.system
    return {
        "schema": COMPANION_SCHEMA,
        "language": {"name": _text(facts.language), "version": _text(facts.language_version)},
        "kernel": {
            "implementation": _text(facts.implementation),
            "version": _text(facts.implementation_version),
            "packages": _texts(versions.get("kernel")),
        },
        "python": _chosen(versions.get("python"), _PYTHON),
        "libc": _text(versions.get("libc")),
        "locale": _chosen(system.get("locale"), ("name", "encoding", "filesystem", "decimal_point")),
        "timezone": _chosen(system.get("timezone"), ("names", "offset_s")),
        "threads": {name: RUN_VARIABLES[name] for name in ONE_THREAD},
        "hash_seed": RUN_VARIABLES["PYTHONHASHSEED"],
        "variables": _texts(system.get("variables")),
        "numpy": _chosen(system.get("numpy"), ("version",)),
        "scipy": _chosen(system.get("scipy"), ("version",)),
        "blas": [_chosen(each, _BLAS) for each in _list(system.get("blas"))],
        "matplotlib": _chosen(system.get("matplotlib"), _MATPLOTLIB),
        "fonts": dict(fonts),
        "problems": {**_texts(versions.get("problems")), **_texts(system.get("problems"))},
        "gap": _text(facts.gap),
    }


def write_companion(prefix: Path, companion: Mapping[str, Any]) -> None:
    """Keep the companion in the environment."""
    path = prefix / COMPANION
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(companion, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_companion(prefix: Path) -> dict[str, Any]:
    """Return the companion of a finished environment, empty where it was made without one."""
    try:
        kept = json.loads((prefix / COMPANION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) and kept.get("schema") == COMPANION_SCHEMA else {}


def _chosen(facts: object, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(facts, dict):
        return {}
    return {name: value for name in names if (value := _plain(facts.get(name))) is not None}


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Return texts, numbers, truth values and lists of these, bounded; None for anything else."""
    if isinstance(value, list):
        return [part for each in value[:_MOST_ENTRIES] if (part := _plain(each)) is not None]
    if isinstance(value, str):
        return value[:_TEXT_CHARACTERS]
    return value if isinstance(value, bool | int | float) else None


def _text(value: object) -> str:
    return value[:_TEXT_CHARACTERS] if isinstance(value, str) else ""


def _texts(value: object) -> dict[str, str]:
    pairs = list(value.items())[:_MOST_ENTRIES] if isinstance(value, dict) else []
    return {_text(name): _text(content) for name, content in sorted(pairs) if isinstance(content, str)}


def _list(value: object) -> list[Any]:
    return value[:_MOST_ENTRIES] if isinstance(value, list) else []
