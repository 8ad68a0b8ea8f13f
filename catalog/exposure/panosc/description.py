"""The PaNOSC Search API in OpenAPI 3.1: what may be asked, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from catalog.exposure.panosc.filters import COMPARE, LISTS, MOST_LISTED, PATTERNS
from catalog.exposure.panosc.patterns import LONGEST_PATTERN
from catalog.exposure.panosc.things import RELATIONS, SINGLE

Schema = dict[str, Any]  # Any: JSON

KINDS: Final = ("Document", "Dataset", "Instrument")
_TEXT: Final[Schema] = {"type": "string"}
_WHOLE: Final[Schema] = {"type": "integer", "minimum": 0}
_NULL: Final[Schema] = {"type": "null"}
_MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
_FLAG: Final[Schema] = {"type": "boolean"}
_SCALAR: Final[Schema] = {"type": ["string", "number", "boolean", "null"]}
_PATTERN: Final[Schema] = {"type": "string", "maxLength": LONGEST_PATTERN}
_SCORE: Final[Schema] = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}

# The fields of each kind, and which of them are always there.
_FIELDS: Final[Mapping[str, tuple[Schema, tuple[str, ...]]]] = {
    "Document": (
        {
            **dict.fromkeys(("pid", "type", "title", "summary", "doi", "license"), _TEXT),
            "isPublic": _FLAG,
            "releaseDate": _MOMENT,
            "keywords": {"type": "array", "items": _TEXT},
            "score": _SCORE,
        },
        ("pid", "isPublic", "type", "title"),
    ),
    "Dataset": (
        {
            **dict.fromkeys(("pid", "title"), _TEXT),
            "isPublic": _FLAG,
            "creationDate": _MOMENT,
            "size": {**_WHOLE, "description": "in bytes"},
            "score": _SCORE,
        },
        ("pid", "isPublic", "title"),
    ),
    "Instrument": (dict.fromkeys(("pid", "name", "facility"), _TEXT), ("pid", "name", "facility")),
    "Member": ({"id": _TEXT, "role": _TEXT}, ("id", "role")),
    "Technique": (dict.fromkeys(("pid", "name", "panetId"), _TEXT), ("pid", "name")),
    "File": ({"id": _WHOLE, "name": _TEXT, "path": _TEXT, "size": _WHOLE}, ("id", "path")),
    "Parameter": (
        {"id": _WHOLE, "name": _TEXT, "value": {"type": ["number", "string"]}, "unit": _TEXT},
        ("id", "name"),
    ),
    "Sample": ({}, ()),
    "Person": (dict.fromkeys(("id", "fullName", "orcid", "firstName", "lastName"), _TEXT), ("id", "fullName")),
    "Affiliation": ({"id": _TEXT, "name": _TEXT}, ("id", "name")),
}


def openapi(url: str) -> dict[str, Any]:
    """Return the description of the API at `url`."""
    paths: dict[str, Any] = {}
    for kind in KINDS:
        named = _pid(kind)
        paths[f"/{kind}s"] = _get(f"find{kind}s", f"Find {kind.lower()}s", _many(kind), _asking(kind))
        paths[f"/{kind}s/count"] = _get(f"count{kind}s", f"Count {kind.lower()}s", _ref("Count"), _counting())
        paths[f"/{kind}s/{{pid}}"] = _get(
            f"show{kind}", f"Show a {kind.lower()}", _ref(kind), named, _asking(kind), is_named=True
        )
    of_dataset = "/Datasets/{pid}/files"
    named = _pid("Dataset")
    paths[of_dataset] = _get(
        "findFiles", "Find the files of a dataset", _many("File"), named, _asking("File"), is_named=True
    )
    paths[f"{of_dataset}/count"] = _get(
        "countFiles", "Count the files of a dataset", _ref("Count"), named, _counting(), is_named=True
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "PaNOSC Search API",
            "version": "1",
            "description": "Publications, the data behind them and their instruments, in the data model of "
            "https://github.com/panosc-eu/search-api. Filters are in LoopBack 3's notation.",
        },
        "servers": [{"url": url}],
        "paths": paths,
        "components": {"schemas": _schemas()},
    }


def _schemas() -> dict[str, Schema]:
    schemas: dict[str, Schema] = {
        "Count": {"type": "object", "properties": {"count": _WHOLE}, "required": ["count"]},
        "Error": _error(),
        "Where": _where(),
        "Operators": _operators(),
    }
    for kind, relations in RELATIONS.items():
        schemas[kind] = _thing(kind, relations)
        schemas[f"{kind}Include"] = _include(relations)
    for kind in (*KINDS, "File"):
        schemas[f"{kind}Filter"] = _filter(kind)
    return schemas


def _thing(kind: str, relations: Mapping[str, str]) -> Schema:
    fields, always = _FIELDS[kind]
    related = {name: _ref(other) if name in SINGLE else _many(other) for name, other in relations.items()}
    properties = {**fields, **related}
    return {"type": "object", "properties": properties, "required": list(always), "additionalProperties": False}


def _filter(kind: str) -> Schema:
    numbers = {"anyOf": [_WHOLE, _NULL]}
    properties = {
        "where": _or_null("Where"),
        "include": _or_null(f"{kind}Include"),
        "limit": numbers,
        "skip": numbers,
        "offset": numbers,
        "query": {**_TEXT, "description": "keywords, by which what is found is scored"},
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _where() -> Schema:
    joined = {"type": "array", "items": _or_null("Where")}
    text = {"type": "string", "maxLength": LONGEST_PATTERN - 2, "description": "somewhere in title, summary or name"}
    return {
        "type": "object",
        "description": "Conditions by the name of a field; all of them have to be met.",
        "properties": {"and": joined, "or": joined, "text": text},
        "additionalProperties": {"anyOf": [_SCALAR, _ref("Operators")]},
    }


def _operators() -> Schema:
    listed = {"type": "array", "items": _SCALAR, "maxItems": MOST_LISTED}
    pair = {"type": "array", "items": _SCALAR, "minItems": 2, "maxItems": 2}
    return {
        "type": "object",
        "properties": {
            **dict.fromkeys(sorted(COMPARE), _SCALAR),
            **dict.fromkeys(sorted(LISTS), listed),
            **dict.fromkeys(sorted(PATTERNS), _PATTERN),
            "between": pair,
            "regexp": {**_PATTERN, "description": "without groups, and with at most two of * + ? {}"},
            "options": {},
        },
        "additionalProperties": False,
    }


def _include(relations: Mapping[str, str]) -> Schema:
    """Return what may be included: a relation, with a scope or without one, or a list of them."""
    if not relations:
        return {"type": "array", "maxItems": 0}
    one = [{"enum": list(relations)}, *(_scoped(name, kind) for name, kind in relations.items())]
    return {"anyOf": [*one, {"type": "array", "items": {"anyOf": one}}]}


def _scoped(relation: str, kind: str) -> Schema:
    within = {"where": _or_null("Where"), "include": _or_null(f"{kind}Include")}
    scope = {"anyOf": [{"type": "object", "properties": within}, _NULL]}
    properties = {"relation": {"const": relation}, "scope": scope}
    return {"type": "object", "properties": properties, "required": ["relation"]}


def _error() -> Schema:
    said = {
        "type": "object",
        "properties": {"statusCode": {"type": "integer"}, **dict.fromkeys(("name", "message", "code"), _TEXT)},
        "required": ["statusCode", "name", "message"],
    }
    return {"type": "object", "properties": {"error": said}, "required": ["error"]}


def _get(name: str, summary: str, answer: Schema, *parameters: Schema, is_named: bool = False) -> Schema:
    """Return an operation; one that `is_named` is about an object that may not be there."""
    refused = _answer("It cannot be understood.", _ref("Error"))
    # A web server refuses by itself an address that is longer than it reads.
    refused["content"]["text/plain"] = {"schema": _TEXT}
    responses = {"200": _answer("What was found.", answer), "400": refused}
    if is_named:
        responses["404"] = _answer("There is none with this PID.", _ref("Error"))
    return {"get": {"operationId": name, "summary": summary, "parameters": list(parameters), "responses": responses}}


def _answer(meaning: str, schema: Schema) -> Schema:
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}


def _pid(kind: str) -> Schema:
    described = f"PID of the {kind.lower()}, percent-encoded"
    return {
        "name": "pid",
        "in": "path",
        "required": True,
        "description": described,
        "schema": {**_TEXT, "minLength": 1},
    }


def _asking(kind: str) -> Schema:
    return {"name": "filter", "in": "query", "content": {"application/json": {"schema": _ref(f"{kind}Filter")}}}


def _counting() -> Schema:
    return {"name": "where", "in": "query", "content": {"application/json": {"schema": _or_null("Where")}}}


def _many(kind: str) -> Schema:
    return {"type": "array", "items": _ref(kind)}


def _or_null(name: str) -> Schema:
    return {"anyOf": [_ref(name), _NULL]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
