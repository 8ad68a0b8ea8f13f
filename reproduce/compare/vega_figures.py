"""Vega-Lite's JSON (and Vega's), as of any version: data and encodings, apart from names that a library makes up."""

from __future__ import annotations

import re
from typing import Any, Final

from reproduce.compare.typed_arrays import UnreadableFigureError

MAX_DEPTH: Final = 100
_MADE_UP: Final = re.compile(r"(?:selector\d{3,}|param_[0-9a-f]+|view_\d+|data-[0-9a-f]{32}|source-?\d+)")
_OF_VERSION: Final = frozenset({"$schema", "usermeta"})
_DEFAULT_SIZES: Final = frozenset({"continuousWidth", "continuousHeight", "width", "height"})


def read_vega(published: Any, fresh: Any) -> tuple[Any, Any]:  # noqa: ANN401 - JSON
    """Return both charts in one form: data in its place, marks as {"type": …}, made-up names in order of appearance.

    Left out are the schema's address, the default size of a view, and selections that only let a reader move or zoom.
    Raises UnreadableFigureError.
    """
    return _chart(published), _chart(fresh)


def _chart(value: Any) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        raise UnreadableFigureError("it is no chart")
    datasets = value.get("datasets")
    kept = {key: item for key, item in value.items() if key not in {*_OF_VERSION, "datasets"}}
    if isinstance(kept.get("config"), dict):
        kept["config"] = _config(kept["config"])
    return _plain(kept, datasets if isinstance(datasets, dict) else {}, {}, 0)


def _config(config: dict[str, Any]) -> dict[str, Any]:
    """Altair states the size of a view that no author chose, and its versions chose others."""
    view = config.get("view")
    if not isinstance(view, dict):
        return config
    left = {key: item for key, item in view.items() if key not in _DEFAULT_SIZES}
    return {key: item for key, item in {**config, "view": left}.items() if key != "view" or left}


def _plain(value: Any, datasets: dict[str, Any], names: dict[str, str], depth: int) -> Any:  # noqa: ANN401 - JSON
    if depth > MAX_DEPTH:
        raise UnreadableFigureError("it is too deeply nested")
    if isinstance(value, list):
        return [_plain(item, datasets, names, depth + 1) for item in value]
    if isinstance(value, str):
        return names.setdefault(value, f"name-{len(names) + 1}") if _MADE_UP.fullmatch(value) else value
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key in sorted(value):
        item = value[key]
        if key == "data" and isinstance(item, dict) and item.get("name") in datasets:
            # As it is: a text in the data may look like a name that a library makes up.
            found[key] = {"values": datasets[item["name"]]}
        elif key == "data" and isinstance(item, dict) and "values" in item:
            found[key] = item
        elif key == "mark" and isinstance(item, str):
            found[key] = {"type": item}
        elif key in ("selection", "params"):
            kept = _selections(item)
            if kept:
                found[key] = _plain(kept, datasets, names, depth + 1)
        elif not (key in ("name", "views") and _is_made_up(item)):
            written = names.setdefault(key, f"name-{len(names) + 1}") if _MADE_UP.fullmatch(key) else key
            found[written] = _plain(item, datasets, names, depth + 1)
    return found


def _is_made_up(item: Any) -> bool:  # noqa: ANN401 - JSON
    each = item if isinstance(item, list) else [item]
    return bool(each) and all(isinstance(name, str) and _MADE_UP.fullmatch(name) for name in each)


def _selections(item: Any) -> Any:  # noqa: ANN401 - JSON
    """Drop what only binds the scales to the mouse: as `selection` until version 4, as `params` since version 5."""
    if isinstance(item, dict):
        return {
            name: each for name, each in item.items() if not (isinstance(each, dict) and each.get("bind") == "scales")
        }
    if isinstance(item, list):
        return [each for each in item if not (isinstance(each, dict) and each.get("bind") == "scales")]
    return item
