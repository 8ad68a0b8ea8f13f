"""Documents in bytes, and the one way in which the formats write XML and JSON."""

from __future__ import annotations

import json
from typing import Any, Final

from lxml import etree

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def root(name: str, namespace: str, schema: str, **others: str) -> etree._Element:
    """Return an element that names the schema it keeps; `others` are further namespaces by prefix.

    Its own namespace has the prefix that `others` gives it, and else none.
    """
    declared: dict[str | None, str] = {"xsi": XSI}
    declared.update(others)
    if namespace not in others.values():
        declared[None] = namespace
    element = etree.Element(f"{{{namespace}}}{name}", nsmap=declared)
    element.set(f"{{{XSI}}}schemaLocation", f"{namespace} {schema}")
    return element


def child(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    """Add an element in its parent's namespace, or in one given as {…}name; empty attributes are left out."""
    tag = name if name.startswith("{") else parent.tag[: parent.tag.index("}") + 1] + name
    element = etree.SubElement(parent, tag, {key: value for key, value in attributes.items() if value})
    element.text = text or None
    return element


def xml_document(element: etree._Element) -> bytes:
    """Return a whole XML document in UTF-8."""
    etree.indent(element)
    written: bytes = etree.tostring(element, xml_declaration=True, encoding="UTF-8")
    return written + b"\n"


def json_document(document: object) -> bytes:
    """Return a whole JSON document in UTF-8, what is empty left out."""
    return (json.dumps(_filled(document), ensure_ascii=False, indent=2) + "\n").encode()


def filled_object(document: dict[str, Any]) -> dict[str, Any]:
    """Return an object without texts, lists and objects that are empty, and without null; false and 0 stay."""
    kept = {key: _filled(value) for key, value in document.items()}
    return {key: value for key, value in kept.items() if not _is_empty(value)}


def _filled(document: object) -> object:
    if isinstance(document, dict):
        return filled_object(document)
    if isinstance(document, list | tuple):
        return [value for value in map(_filled, document) if not _is_empty(value)]
    return document


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})
