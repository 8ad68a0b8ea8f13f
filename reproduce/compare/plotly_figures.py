"""Plotly's JSON, as of any version: what is drawn, apart from what only its version decides."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from reproduce.compare.typed_arrays import Decoder, UnreadableFigureError

MAX_DEPTH: Final = 100
# Drawn at random for each figure, or of use to the browser only.
_RANDOM: Final = frozenset({"uid", "uirevision"})
_MIDNIGHT: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00:00(?:\.0*)?")
_SECONDS: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:(\.\d*?)0*)?")


def read_plotly(published: Any, fresh: Any) -> tuple[Any, Any]:  # noqa: ANN401 - JSON
    """Return both figures in one form: data, layout, frames, and of the templates what both have and the data use.

    Arrays in base64 are lists, a title is always {"text": …}, what is not finite is null as in the browser. Left out
    are random identifiers and the buttons of the browser. Raises UnreadableFigureError.
    """
    one, other = _figure(published), _figure(fresh)
    templates = [figure["layout"].pop("template", None) for figure in (one, other)]
    if all(isinstance(template, dict) for template in templates):
        used = {trace.get("type", "scatter") for trace in (*one["data"], *other["data"]) if isinstance(trace, dict)}
        first, second = (_used_part(template, used) for template in templates)
        one["template"], other["template"] = _shared(first, second), _shared(second, first)
    return one, other


def _figure(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        raise UnreadableFigureError("it has no list of traces")
    decoder = Decoder()
    figure = {"data": [_plain(trace, decoder, 0) for trace in value["data"]]}
    layout = _plain(value.get("layout") or {}, decoder, 0)
    if not isinstance(layout, dict):
        raise UnreadableFigureError("its layout is none")
    return {**figure, "layout": layout, "frames": _plain(value.get("frames") or [], decoder, 0)}


def _plain(value: Any, decoder: Decoder, depth: int) -> Any:  # noqa: ANN401 - JSON
    if depth > MAX_DEPTH:
        raise UnreadableFigureError("it is too deeply nested")
    if isinstance(value, dict):
        if "bdata" in value and "dtype" in value:
            decoded = decoder.decode(value["bdata"], value["dtype"], value.get("shape"))
            return [_plain(item, decoder, depth + 1) for item in decoded]
        kept = {key: _plain(item, decoder, depth + 1) for key, item in value.items() if key not in _RANDOM}
        if isinstance(kept.get("title"), str):
            kept["title"] = {"text": kept["title"]}
        return kept
    if isinstance(value, list):
        return [_plain(item, decoder, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        midnight = _MIDNIGHT.fullmatch(value)
        stamp = _SECONDS.fullmatch(value)
        if midnight is not None:
            return midnight.group(1)
        return f"{stamp.group(1)}T{stamp.group(2)}{(stamp.group(3) or '').rstrip('.')}" if stamp else value
    return value


def _used_part(template: dict[str, Any], used: set[Any]) -> dict[str, Any]:
    data = template.get("data")
    kept = {kind: data[kind] for kind in sorted(map(str, used)) if kind in data} if isinstance(data, dict) else {}
    return {"data": kept, "layout": template.get("layout")}


def _shared(one: Any, other: Any) -> Any:  # noqa: ANN401 - JSON
    """Return of `one` the keys that `other` has too: a version of Plotly knows settings that another does not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _shared(one[key], other[key]) for key in one if key in other}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_shared(left, right) for left, right in zip(one, other, strict=True)]
    return one
