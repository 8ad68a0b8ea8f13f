"""Bokeh's documents as JSON, of version 2 and older (a list of references) and of version 3 (nested objects)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reproduce.compare.typed_arrays import Decoder, UnreadableFigureError

MAX_DEPTH: Final = 150
MAX_MODELS: Final = 50_000
# Of models that decide what is drawn: the attributes that say it. Everything else is styling or behaviour, which
# other versions write otherwise.
_SAID: Final[Mapping[str, tuple[str, ...]]] = {
    "Title": ("text",),
    "Range1d": ("start", "end"),
    "FactorRange": ("factors",),
    "LegendItem": ("label",),
    "Label": ("text", "x", "y"),
    "Span": ("dimension", "location"),
    "Slope": ("gradient", "y_intercept"),
    "BoxAnnotation": ("left", "right", "top", "bottom"),
}
_ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "Axis": ("axis_label",),
    "Scale": (),
    "ColorMapper": ("low", "high", "palette", "factors"),
    "Filter": ("indices", "booleans", "column_name", "group"),
}
_BEHAVIOUR: Final = frozenset({"toolbar", "tools", "toolbar_location"})


def read_bokeh(published: Any, fresh: Any) -> tuple[Any, Any]:  # noqa: ANN401 - JSON
    """Return both documents in one form: models nested, identifiers left out, arrays as lists of numbers.

    Documents of one version are returned whole. Of two versions only what is drawn is: glyphs with the columns they
    draw, labels, ranges, scales, annotations and colour maps. Raises UnreadableFigureError.
    """
    one, other = _documents(published), _documents(fresh)
    readers = [_Reader(document) for document in (*one, *other)]
    trees = [reader.read() for reader in readers]
    if versions_of(published) == versions_of(fresh):
        return trees[: len(one)], trees[len(one) :]
    said = [_Drawing(reader.models).read(tree) for reader, tree in zip(readers, trees, strict=True)]
    return _without_lone_styles(said[: len(one)], said[len(one) :])


def versions_of(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Return the versions of Bokeh that wrote the documents."""
    return [str(document.get("version")) for document in _documents(value)]


def _documents(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Take the `docs_json` of a script (documents by random identifier), or a `json_item`."""
    if isinstance(value, dict) and isinstance(value.get("doc"), dict):
        return [value["doc"]]
    if isinstance(value, dict) and value and all(isinstance(each, dict) and "roots" in each for each in value.values()):
        return list(value.values())
    raise UnreadableFigureError("it is no document of Bokeh")


class _Reader:
    """Writes one document as nested models. One that was met before is written as the number of that meeting."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._decoder = Decoder()
        self._numbers: dict[str, int] = {}
        self.models: dict[int, dict[str, Any]] = {}
        self._references: dict[str, Any] = {}

    def read(self) -> list[Any]:
        roots = self._document["roots"]
        if isinstance(roots, dict):
            listed = roots.get("references")
            known = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
            self._references = {str(each.get("id")): each for each in known}
            roots = [{"id": name} for name in roots.get("root_ids") or []]
        if not isinstance(roots, list):
            raise UnreadableFigureError("it has no roots")
        self._index(roots, 0)
        return [self._value(root, 0) for root in roots]

    def _index(self, value: Any, depth: int) -> None:  # noqa: ANN401 - JSON
        """Note where each nested object of version 3 is described: others refer to it before and after."""
        if depth > MAX_DEPTH:
            raise UnreadableFigureError("it is too deeply nested")
        if isinstance(value, dict) and value.get("type") == "object" and "id" in value:
            self._references.setdefault(str(value["id"]), value)
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            if isinstance(item, dict | list):
                self._index(item, depth + 1)

    def _value(self, value: Any, depth: int) -> Any:  # noqa: ANN401 - JSON
        if depth > MAX_DEPTH:
            raise UnreadableFigureError("it is too deeply nested")
        if isinstance(value, list):
            return [self._value(item, depth + 1) for item in value]
        if not isinstance(value, dict):
            return value
        kind = value.get("type")
        if "id" in value and (kind == "object" or set(value) == {"id"}):
            return self._model(value, depth)
        if "__ndarray__" in value:
            return self._array(value["__ndarray__"], value)
        if kind == "ndarray" and isinstance(value.get("array"), dict):
            return self._array(value["array"].get("data"), value)
        if kind == "map" and isinstance(value.get("entries"), list):
            return {str(entry[0]): self._value(entry[1], depth + 1) for entry in value["entries"] if _is_pair(entry)}
        if kind in ("number", "value") and "value" in value:
            return self._value(value["value"], depth + 1)
        if set(value) == {"value"}:
            return self._value(value["value"], depth + 1)
        return {key: self._value(item, depth + 1) for key, item in value.items() if key != "type" or kind != "field"}

    def _model(self, value: dict[str, Any], depth: int) -> Any:  # noqa: ANN401 - JSON
        name = str(value["id"])
        if name in self._numbers:
            return {"again": self._numbers[name]}
        found = self._references.get(name, value)
        if len(self._numbers) >= MAX_MODELS:
            raise UnreadableFigureError("it has too many models")
        number = self._numbers[name] = len(self._numbers)
        attributes = found.get("attributes")
        attributes = attributes if isinstance(attributes, dict) else {}
        kind = found.get("subtype") or (found.get("name") if found.get("type") == "object" else found.get("type"))
        # In the order of their names, which is the same on both sides.
        kept = {key: self._value(attributes[key], depth + 1) for key in sorted(attributes)}
        self.models[number] = {"model": str(kind), **{key: item for key, item in kept.items() if item is not None}}
        return self.models[number]

    def _array(self, data: Any, value: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        if value.get("dtype") == "object" and isinstance(data, list):
            return data
        return self._decoder.decode(
            data, value.get("dtype"), value.get("shape"), is_big_endian=value.get("order") == "big"
        )


def _is_pair(entry: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(entry, list) and len(entry) == 2


class _Drawing:
    """Gathers from a document what it draws, by kind of model and in order."""

    def __init__(self, models: Mapping[int, dict[str, Any]]) -> None:
        self._models = models
        self._found: dict[str, list[dict[str, Any]]] = {}

    def read(self, tree: list[Any]) -> dict[str, list[dict[str, Any]]]:
        self._visit(tree)
        return self._found

    def _visit(self, value: Any) -> None:  # noqa: ANN401 - JSON
        if isinstance(value, list):
            for item in value:
                self._visit(item)
        if not isinstance(value, dict):
            return
        kind = str(value.get("model"))
        if kind == "GlyphRenderer":
            self._note_glyph(value)
            return
        ending = next((end for end in _ENDINGS if kind.endswith(end)), "")
        wanted = _SAID.get(kind, _ENDINGS.get(ending))
        if wanted is not None:
            said = {key: value[key] for key in wanted if key in value}
            self._found.setdefault(ending or kind, []).append({"model": kind, **said})
        for key, item in value.items():
            if key not in _BEHAVIOUR:
                self._visit(item)

    def _note_glyph(self, renderer: dict[str, Any]) -> None:
        """Note the glyph with the columns of its source, which may stand at an earlier glyph."""
        glyph, source = self._met(renderer.get("glyph")), self._met(renderer.get("data_source"))
        self._visit(renderer.get("view"))
        self._visit(list(glyph.values()))
        plain = {key: self._styled(item) for key, item in glyph.items()}
        self._found.setdefault("glyphs", []).append({"glyph": plain, "columns": source.get("data")})

    def _met(self, value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        if not isinstance(value, dict):
            return {}
        return self._models.get(value["again"], {}) if "again" in value else value

    def _styled(self, item: Any) -> Any:  # noqa: ANN401 - JSON
        """Name a transform by its kind alone: what it holds is noted beside the glyphs."""
        if isinstance(item, dict) and isinstance(item.get("transform"), dict):
            return {**item, "transform": self._met(item["transform"]).get("model")}
        return item


def _without_lone_styles(one: list[Any], other: list[Any]) -> tuple[list[Any], list[Any]]:
    """Drop from paired glyphs the styles that only one version writes down; what comes from a column stays."""
    for ours, theirs in zip(one, other, strict=False):
        for left, right in zip(ours.get("glyphs", []), theirs.get("glyphs", []), strict=False):
            pair = left["glyph"], right["glyph"]
            for glyph, against in (pair, pair[::-1]):
                for key in set(glyph) - set(against):
                    if not (isinstance(glyph[key], dict) and "field" in glyph[key]):
                        del glyph[key]
    return one, other
