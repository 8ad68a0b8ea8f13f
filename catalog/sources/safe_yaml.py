"""Read YAML files of strangers: every scalar a text, no aliases, no tags, bounded in size and depth."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from catalog.causes import CausedError

SIZE_LIMIT_BYTES: Final = 512 * 1024
MAX_DEPTH: Final = 30


class ManifestError(CausedError):
    """A file that describes the repository cannot be read (recipe-unreadable)."""


class _TextLoader(yaml.BaseLoader):
    """BaseLoader makes texts, lists and mappings alone; aliases are refused, since a few lines of them fill memory."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not accepted")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise yaml.YAMLError("it is nested too deeply")
        try:
            node: yaml.Node | None = super().compose_node(parent, index)
        finally:
            self._depth -= 1
        return node


def read_mapping(path: Path) -> dict[str, object]:
    """Return the mapping in the YAML file `path`, all scalars as texts.

    Raises ManifestError when the file is too large, no UTF-8, no YAML, no mapping, or uses aliases.
    """
    try:
        if path.is_symlink():
            raise _unreadable(path.name, "it is a symbolic link")
        with path.open("rb") as reader:
            data = reader.read(SIZE_LIMIT_BYTES + 1)
    except OSError as error:
        raise _unreadable(path.name, error.strerror or "it cannot be opened") from error
    return parse_mapping(data, path.name)


def parse_mapping(data: bytes, name: str) -> dict[str, object]:
    """Return the mapping in the content of the YAML file `name`. Raises as read_mapping does."""
    if len(data) > SIZE_LIMIT_BYTES:
        raise _unreadable(name, f"it is larger than {SIZE_LIMIT_BYTES // 1024} kB")
    try:
        value = yaml.load(data.decode("utf-8-sig"), Loader=_TextLoader)  # noqa: S506 - derives from BaseLoader
    except UnicodeDecodeError:
        raise _unreadable(name, "it is not UTF-8") from None
    except (yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        raise _unreadable(name, _first_line(error)) from None
    if not isinstance(value, dict):
        raise _unreadable(name, "it is no mapping")
    return {key: entry for key, entry in value.items() if isinstance(key, str)}


def _first_line(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error) or type(error).__name__
    mark = getattr(error, "problem_mark", None)
    where = f" (line {mark.line + 1})" if mark is not None else ""
    return f"{str(problem).splitlines()[0][:200]}{where}"


def _unreadable(name: str, reason: str) -> ManifestError:
    return ManifestError("recipe-unreadable", file=name, reason=reason)
