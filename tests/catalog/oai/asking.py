"""Ways to read answers and lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lxml import etree

from tests.catalog.oai.validation import texts

URL: Final = "https://reprise.example.org"
Ask = Callable[..., etree._Element]


def code_of(root: etree._Element) -> str:
    """Return the code of an error, or an empty string."""
    return "".join(texts(root, "//o:error/@code"))


def identifier(number: int) -> str:
    """Return the identifier of the paper with this number."""
    return f"oai:reprise.example.org:publication/10.5072/paper.{number}"


def identifiers(root: etree._Element) -> list[str]:
    """Return the identifiers of an answer, in their order."""
    return texts(root, "//o:header/o:identifier")


def pages(ask: Ask, verb: str = "ListIdentifiers", **arguments: str) -> Iterator[etree._Element]:
    """Yield every page of a list."""
    root = ask(verb=verb, **arguments)
    while True:
        yield root
        token = token_of(root)
        if not token:
            return
        root = ask(verb=verb, resumptionToken=token)


def token_of(root: etree._Element) -> str:
    """Return the resumption token of an answer, or an empty string."""
    return str(root.findtext(".//{*}resumptionToken") or "")
