"""The XML around records: written as text, since it is the same for a million of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from catalog.exposure.oai.moments import write_moment
from catalog.exposure.record import Harvested
from catalog.exposure.stored import FORBIDDEN_IN_XML

_NAMESPACE: Final = "http://www.openarchives.org/OAI/2.0/"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_MARKUP: Final = re.compile("[&<>]")


def text(value: str) -> str:
    """Return a text as XML can hold it."""
    # Most need nothing of it, and are asked for by the million.
    return value if value.isprintable() and not _MARKUP.search(value) else escape(FORBIDDEN_IN_XML.sub("", value))


def write_answer(base_url: str, *, at: datetime, echoed: Mapping[str, str], within: Iterable[str]) -> bytes:
    """Return a whole answer: `echoed` are the attributes of its request, `within` is what it says, as XML."""
    attributes = "".join(f" {name}={quoteattr(FORBIDDEN_IN_XML.sub('', value))}" for name, value in echoed.items())
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<OAI-PMH xmlns="{_NAMESPACE}" xmlns:xsi="{_XSI}"'
        f' xsi:schemaLocation="{_NAMESPACE} {_NAMESPACE}OAI-PMH.xsd">'
        f"<responseDate>{write_moment(at)}</responseDate><request{attributes}>{text(base_url)}</request>"
    )
    return "".join((head, *within, "</OAI-PMH>\n")).encode()


def write_error(code: str, message: str) -> str:
    """Return an error."""
    return f'<error code="{code}">{text(message)}</error>'


def write_header(identifier: str, datestamp: str, specs: str, *, is_deleted: bool) -> str:
    """Return the header of a record; `specs` are of the sets that it is declared to be in, parted by spaces."""
    status = ' status="deleted"' if is_deleted else ""
    return (
        f"<header{status}><identifier>{text(identifier)}</identifier>"
        f"<datestamp>{datestamp}</datestamp>{_write_specs(specs)}</header>"
    )


@lru_cache(maxsize=4096)
def _write_specs(specs: str) -> str:
    return "".join(f"<setSpec>{text(spec)}</setSpec>" for spec in specs.split())


def write_token_element(token: str, *, expires: datetime | None, size: int, cursor: int) -> str:
    """Return the resumptionToken of a list, empty on its last page."""
    until = f' expirationDate="{write_moment(expires)}"' if expires else ""
    return f'<resumptionToken{until} completeListSize="{size}" cursor="{cursor}">{token}</resumptionToken>'


def write_set(spec: str, name: str, description: str) -> str:
    """Return a set of ListSets, its description in Dublin Core."""
    location = "http://www.openarchives.org/OAI/2.0/oai_dc/"
    said = (
        f'<setDescription><oai_dc:dc xmlns:oai_dc="{location}" xmlns:dc="{_DC}"'
        f' xsi:schemaLocation="{location} http://www.openarchives.org/OAI/2.0/oai_dc.xsd">'
        f"<dc:description>{text(description)}</dc:description></oai_dc:dc></setDescription>"
    )
    return f"<set><setSpec>{text(spec)}</setSpec><setName>{text(name)}</setName>{said if description else ''}</set>"


def write_provenance(harvested: Harvested) -> str:
    """Return the `about` of a record that was harvested elsewhere.

    See http://www.openarchives.org/OAI/2.0/guidelines-provenance.htm.
    """
    space = f"{_NAMESPACE}provenance"
    return (
        f'<about><provenance xmlns="{space}" xsi:schemaLocation="{space} {space}.xsd">'
        f'<originDescription harvestDate="{write_moment(harvested.at)}"'
        f' altered="{"true" if harvested.is_altered else "false"}">'
        f"<baseURL>{text(harvested.base_url)}</baseURL><identifier>{text(harvested.identifier)}</identifier>"
        f"<datestamp>{text(harvested.datestamp)}</datestamp>"
        f"<metadataNamespace>{text(harvested.namespace)}</metadataNamespace>"
        "</originDescription></provenance></about>"
    )
