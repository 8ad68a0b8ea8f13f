"""Parse a stranger's YAML, TOML and JSON: one cause for what is damaged, limits on what is hostile."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from builder.errors import BuildError
from builder.recipe.decoding import read_text

ENTRIES_LIMIT: Final = 5000
LOCK_SIZE_LIMIT: Final = 8 * 2**20
_DEPTH_LIMIT: Final = 30
_EVENTS_LIMIT: Final = 1_000_000
# Aliases that merge each other double what they hold at every step.
_ALIASES_LIMIT: Final = 20
# A key of many dotted parts takes the parser quadratic time.
_LONG_KEY: Final = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){32}")
_REASON_LIMIT: Final = 200
_COMMENT_OR_TEXT: Final = re.compile(r'"(?:[^"\\\n]|\\.)*+"|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_TRAILING_COMMA: Final = re.compile(r'("(?:[^"\\\n]|\\.)*+")|,(?=\s*[}\]])', re.DOTALL)


def unreadable(path: PurePosixPath | str, reason: str) -> BuildError:
    """Return the error for a file that is damaged."""
    return BuildError("recipe-unreadable", file=str(path), reason=" ".join(reason.split())[:_REASON_LIMIT])


def parse_yaml(text: str, path: PurePosixPath) -> object:
    """Return what the YAML holds. Raises BuildError recipe-unreadable."""
    try:
        _judge_events(text, path)
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise unreadable(path, str(error)) from error


def read_yaml(root: Path, path: PurePosixPath) -> object:
    """Return what a YAML lock of the repository holds. Raises BuildError recipe-unreadable."""
    return parse_yaml(read_text(root / path, name=str(path), limit=LOCK_SIZE_LIMIT), path)


def read_toml(root: Path, path: PurePosixPath) -> dict[str, Any]:
    """Return the tables of a TOML file of the repository. Raises BuildError recipe-unreadable."""
    text = read_text(root / path, name=str(path), limit=LOCK_SIZE_LIMIT)
    if _LONG_KEY.search(text):
        raise unreadable(path, "it holds a key of more than 32 parts")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise unreadable(path, str(error) or "it is nested too deeply") from error


def read_json(root: Path, path: PurePosixPath, *, has_comments: bool = False) -> dict[str, Any]:
    """Return the object of a JSON file; `has_comments` allows what editors do. Raises BuildError recipe-unreadable."""
    text = read_text(root / path, name=str(path), limit=LOCK_SIZE_LIMIT)
    if has_comments:
        text = _COMMENT_OR_TEXT.sub(lambda match: match[0] if match[0].startswith('"') else " ", text)
        text = _TRAILING_COMMA.sub(lambda match: match[1] or "", text)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise unreadable(path, str(error) or "it is nested too deeply") from error
    if not isinstance(found, dict):
        raise unreadable(path, "it is no object")
    return found


def table(data: object, *keys: str) -> dict[str, Any]:
    """Return the table under the keys, empty where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def rows(data: object, key: str, path: PurePosixPath) -> list[dict[str, Any]]:
    """Return the list of tables under the key; raises BuildError recipe-unreadable when it is none, or too long."""
    found = data.get(key) if isinstance(data, dict) else None
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise unreadable(path, f"its “{key}” is no list of entries")
    if len(found) > ENTRIES_LIMIT * 4:
        raise unreadable(path, f"its “{key}” has more than {ENTRIES_LIMIT * 4} entries")
    return found


def text_of(data: object, key: str) -> str:
    """Return the text under the key, empty where there is none."""
    found = data.get(key) if isinstance(data, dict) else None
    return found.strip() if isinstance(found, str) else ""


def list_of(data: object, key: str) -> list[object]:
    """Return the list under the key, empty where there is none."""
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, list) else []


def texts_of(data: object, key: str) -> list[str]:
    """Return the texts of the list under the key; whatever is no text is left out."""
    found = data.get(key) if isinstance(data, dict) else None
    return [entry.strip() for entry in found if isinstance(entry, str)] if isinstance(found, list) else []


def without_credentials(address: str) -> str:
    """Return an address as it can be shown: without user, password and token."""
    address = re.sub(r"//[^/@\s]*@", "//…@", address)
    return re.sub(r"/t/[^/\s]+/", "/t/…/", address)[:200]


def _judge_events(text: str, path: PurePosixPath) -> None:
    """Refuse what would take long to construct, before anything is constructed."""
    depth = aliases = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > _DEPTH_LIMIT:
            raise unreadable(path, f"it is nested in more than {_DEPTH_LIMIT} levels")
        if aliases > _ALIASES_LIMIT:
            raise unreadable(path, "it holds too many anchors")
        if count > _EVENTS_LIMIT:
            raise unreadable(path, "it is too long")
