"""A small graph of RDF, written as Turtle or as JSON-LD; both say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

_TURTLE_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NOT_IN_IRI: Final = re.compile('[\x00-\x20<>"{}|^`\\\\]')


@dataclass(frozen=True, slots=True)
class Iri:
    """A thing by its address."""

    value: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, or a value of the type that `datatype` names as prefix:name."""

    text: str
    datatype: str = ""
    language: str = ""


@dataclass(slots=True)
class Node:
    """A thing with what is said of it: `types` and the properties as prefix:name. Without `iri` it has no name."""

    types: tuple[str, ...]
    iri: str = ""
    said: list[tuple[str, Value]] = field(default_factory=list)

    def say(self, name: str, *values: Value | None) -> None:
        """Add what is known; what is None is not said."""
        self.said += [(name, value) for value in values if value is not None]


Value: TypeAlias = Iri | Literal | Node


def iri(text: str) -> Iri | None:
    """Return a thing by its address, or None where there is none."""
    return Iri(_NOT_IN_IRI.sub(lambda sign: f"%{ord(sign[0]):02X}", text)) if text else None


def literal(text: str, datatype: str = "") -> Literal | None:
    """Return a text, or None where it is empty."""
    return Literal(text, datatype) if text else None


def turtle(nodes: list[Node], prefixes: dict[str, str]) -> bytes:
    """Return the graph in Turtle (https://www.w3.org/TR/turtle/)."""
    head = "".join(f"@prefix {prefix}: <{uri}> .\n" for prefix, uri in sorted(prefixes.items()))
    told = dict.fromkeys(_subject(node) for node in _named(nodes))
    return (head + "".join(f"\n{one} .\n" for one in told)).encode()


def json_ld(nodes: list[Node], prefixes: dict[str, str]) -> bytes:
    """Return the graph in JSON-LD 1.1 with a context of prefixes alone, so that no reader has to fetch one."""
    document = {"@context": dict(sorted(prefixes.items())), "@graph": [_object(node) for node in nodes]}
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _named(nodes: list[Node]) -> Iterator[Node]:
    """Yield the nodes, each before those with a name that stand within it: Turtle tells of these by themselves."""
    for node in nodes:
        yield node
        yield from (inner for inner in _named(_within(node)) if inner.iri)


def _within(node: Node) -> list[Node]:
    return [value for _, value in node.said if isinstance(value, Node)]


def _subject(node: Node) -> str:
    return (f"<{node.iri}>" if node.iri else "[]") + _said(node, "  ")


def _said(node: Node, indent: str) -> str:
    lines = [f"a {', '.join(node.types)}"]
    lines += [f"{name} {_turtle_value(value, indent)}" for name, value in node.said]
    return " " + f" ;\n{indent}".join(lines)


def _turtle_value(value: Value, indent: str) -> str:
    if isinstance(value, Iri):
        return f"<{value.value}>"
    if isinstance(value, Node) and value.iri:
        return f"<{value.iri}>"
    if isinstance(value, Node):
        return f"[{_said(value, indent + '  ')} ]"
    text = '"' + "".join(_TURTLE_ESCAPES.get(sign, sign) for sign in value.text) + '"'
    return text + (f"^^{value.datatype}" if value.datatype else f"@{value.language}" if value.language else "")


def _object(value: Value) -> dict[str, Any]:
    if isinstance(value, Iri):
        return {"@id": value.value}
    if isinstance(value, Literal):
        kind = {"@type": value.datatype} if value.datatype else {"@language": value.language} if value.language else {}
        return {"@value": value.text, **kind}
    found: dict[str, Any] = {"@id": value.iri} if value.iri else {}
    found["@type"] = list(value.types)
    for name, each in value.said:
        found.setdefault(name, []).append(_object(each))
    return found
