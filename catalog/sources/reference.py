"""Tell what a person pasted: a DOI, a SWHID, an OAI identifier or a web address. Nothing is looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from catalog.identifiers import IdentifierError, is_doi, parse_doi
from catalog.sources.tolerant import query_values, web_address

_SWHID: Final = re.compile(r"swh:1:(?:cnt|dir|rev|rel|snp):[0-9a-f]{40}(?:;[a-z]+=[^;\s]{1,500}){0,8}")
_OAI: Final = re.compile(r"oai:[A-Za-z0-9.-]{1,200}:[!-~]{1,300}")
_SCP: Final = re.compile(r"git@([A-Za-z0-9.-]{1,200}):([A-Za-z0-9._/~-]{1,300})")
_BARE_ADDRESS: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/\S+")
_DOI_IN_PATH: Final = re.compile(r"/(10\.[0-9]{4,9}(?:\.[0-9]+)*/[^?#]+)")
# What publishers write behind a DOI in the addresses of their pages.
_PAGE_SUFFIX: Final = re.compile(r"(?:/(?:full|abstract|pdf|epdf|html|meta|export|fulltext)|\.pdf|\.full)+/?$", re.I)


@dataclass(frozen=True, slots=True)
class Reference:
    """What is asked for; `text` as it was typed. `doi` is bare and in lower case, `url` an http or https address.

    `role` says what the reference turned out to be of: data are asked for at the catalogues of facilities too, a paper
    where others name it. "listed" are data of which the registration agency has told already.
    """

    text: str
    doi: str = ""
    url: str = ""
    swhid: str = ""
    oai: str = ""
    role: Literal["", "data", "listed", "paper"] = ""

    @property
    def is_data(self) -> bool:
        """Whether it turned out to be of data."""
        return self.role in {"data", "listed"}

    @property
    def host(self) -> str:
        """The host of `url` with its port, in lower case."""
        return urlsplit(self.url).netloc.lower() if self.url else ""

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path of `url`, decoded."""
        return tuple(unquote(part) for part in urlsplit(self.url).path.split("/") if part)


def parse_reference(text: str) -> Reference:
    """Return what `text` refers to. A DOI that stands in a web address is read from it too.

    Raises IdentifierError (reference-malformed).
    """
    text = text.strip()
    shown = text[:200]
    if is_doi(text):
        return Reference(shown, doi=parse_doi(text))
    if match := _SWHID.search(text[:3000]):
        return Reference(shown, swhid=match[0])
    if _OAI.fullmatch(text):
        return Reference(shown, oai=text)
    if match := _SCP.fullmatch(text):
        text = f"https://{match[1]}/{match[2]}"
    elif _BARE_ADDRESS.fullmatch(text[:1000]):
        text = f"https://{text}"
    url = web_address(text)
    if not url:
        printable = "".join(sign for sign in shown[:80] if sign.isprintable())
        raise IdentifierError("reference-malformed", reference=printable)
    return Reference(shown, doi=_doi_in(url), url=url)


def _doi_in(url: str) -> str:
    parts = urlsplit(url)
    match = _DOI_IN_PATH.search(unquote(parts.path))
    candidates = [*query_values(url, "persistentId")[:1], *query_values(url, "doi")[:1]]
    if match is not None:
        candidates.append(_PAGE_SUFFIX.sub("", match[1]))
    return next((parse_doi(one) for one in candidates if is_doi(one)), "")
