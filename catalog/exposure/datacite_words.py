"""What the two forms of DataCite's metadata, XML and JSON, have in common."""

from __future__ import annotations

from typing import Final, NamedTuple

from catalog.exposure.record import Organisation, Person, Record, Subject
from catalog.exposure.words import ACCESS

# A standard value of DataCite's for what is mandatory and not known (kernel 4.7, appendix 3).
UNAVAILABLE: Final = "(:unav)"
SCHEME_URIS: Final = {
    "ORCID": "https://orcid.org",
    "ROR": "https://ror.org",
    "SPDX": "https://spdx.org/licenses/",
}


class Rights(NamedTuple):
    """A statement of rights; `spdx` is empty unless it is a licence of the SPDX list."""

    name: str
    uri: str
    spdx: str


def rights(record: Record) -> tuple[Rights, ...]:
    """Return the licence, and the access in the words of OpenAIRE's guidelines for data archives."""
    words = ACCESS[record.access]
    access = (Rights(words.label, words.eu_repo, ""),) if words.eu_repo else ()
    licence = record.licence
    return (*((Rights(licence.name, licence.url, licence.spdx),) if licence else ()), *access)


def topics(record: Record) -> tuple[Subject, ...]:
    """Return techniques and keywords, each once."""
    return tuple(dict.fromkeys((*record.techniques, *record.subjects)))


def contributors(record: Record) -> tuple[tuple[str, Person], ...]:
    """Return who else had a part: people, and the facility where the data were taken, as an organisation."""
    people = [("Other", person) for person in record.contributors]
    if record.facility:
        people.append(("HostingInstitution", _as_person(record.facility)))
    return tuple(people)


def funder_scheme(identifier: str) -> str:
    """Return DataCite's name for the kind of a funder's identifier."""
    if identifier.startswith("https://ror.org/"):
        return "ROR"
    return "Crossref Funder ID" if "/10.13039/" in identifier else "Other"


def _as_person(one: Organisation) -> Person:
    return Person(name=one.name, is_group=True, affiliations=(one,) if one.ror else ())
