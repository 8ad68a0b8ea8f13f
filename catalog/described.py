"""What is kept of a publication's description: from a source's facts, and from what its author typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db.models import Q

from catalog.errors import CatalogError
from catalog.exposure.record import Organisation, Subject
from catalog.identifiers import IdentifierError, is_doi, panet_iri, parse_doi, parse_pid, parse_ror
from catalog.models import Facility, Instrument, Precision, Technique
from catalog.models.technique import IRI_PREFIX
from catalog.sources import Creator, DatasetFacts, Funder, PublicationFacts, Related
from catalog.sources.licences import licence_name

MOST_ENTRIES: Final = 200
# A tag of BCP 47 as far as its form goes.
LANGUAGE: Final = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


@dataclass(frozen=True, slots=True)
class InstrumentDraft:
    """An instrument as it was named; `pid` is a bare DOI, a web address or empty."""

    name: str
    pid: str = ""


def description_of(facts: PublicationFacts) -> dict[str, Any]:
    """Return the fields of a publication that its source knows."""
    return {
        "title": facts.title,
        "creators": [creator_entry(creator) for creator in facts.creators],
        "published_on": facts.published_on,
        "published_precision": facts.published_precision or Precision.DAY,
        "type": facts.type,
        "venue": facts.venue,
        "publisher": facts.publisher,
        "licence": facts.licence,
        "abstract": facts.abstract,
        "url": facts.url,
        "subjects": [subject_entry(one) for one in facts.subjects[:MOST_ENTRIES]],
        "funding": [funding_entry(one) for one in facts.funders[:MOST_ENTRIES]],
        "related": [related_entry(one) for one in facts.related[:MOST_ENTRIES]],
    }


def description_of_data(facts: DatasetFacts) -> dict[str, Any]:
    """Return the fields of a dataset that its source knows, title, address, access and files apart."""
    return {
        "description": facts.description,
        "creators": [creator_entry(creator) for creator in facts.creators],
        "publisher": facts.publisher.name if facts.publisher else "",
        "publisher_ror": facts.publisher.ror if facts.publisher else "",
        "published_on": facts.published_on,
        "published_precision": facts.published_precision or Precision.DAY,
        "version": facts.version[:80],
        "licence": facts.licence[:200],
        "embargo_until": facts.embargo_until,
        "size_bytes": facts.size_bytes,
        "subjects": [subject_entry(one) for one in facts.subjects[:MOST_ENTRIES]],
        "funding": [funding_entry(one) for one in facts.funders[:MOST_ENTRIES]],
        "related": [related_entry(one) for one in facts.related[:MOST_ENTRIES]],
        "quantities": [asdict(one) for one in facts.quantities],
    }


def techniques_told(facts: DatasetFacts) -> list[Technique]:
    """Return the techniques on record that a source names by their terms in PaNET; others are left out."""
    ids = {one.uri.rpartition("/")[2] for one in facts.techniques if one.uri.startswith(IRI_PREFIX)}
    return list(Technique.objects.filter(panet_id__in=ids))


def known_facility(told: Iterable[Organisation]) -> Facility | None:
    """Return the facility on record that is told of, by ROR or else by its very name; of several none."""
    organisations = list(told)
    rors = {one.ror for one in organisations if one.ror}
    by_ror = list(Facility.objects.filter(ror__in=rors)[:2])
    if len(by_ror) == 1:
        return by_ror[0]
    named = Q(pk__in=[])
    for one in organisations:
        named |= Q(name__iexact=one.name)
    found = by_ror or list(Facility.objects.filter(named)[:2])
    return found[0] if len(found) == 1 else None


def facility_told(facts: DatasetFacts) -> Facility | None:
    """Return the facility on record that a source names for data or for their instruments."""
    return known_facility(one for one in (facts.facility, *(each.facility for each in facts.instruments)) if one)


def instruments_told(facts: DatasetFacts) -> list[Instrument]:
    """Return the instruments on record that a source names, by identifier or by name at their facility."""
    drafts = instrument_drafts_told((facts,))
    facility = facility_told(facts)
    found: dict[int, Instrument] = {}
    for draft in drafts:
        known = Instrument.objects.filter(pid=draft.pid).first() if draft.pid else None
        if known is None and facility is not None:
            known = Instrument.objects.filter(facility=facility, name__iexact=draft.name).first()
        if known is not None:
            found[known.pk] = known
    return list(found.values())


def instrument_drafts_told(datasets: Iterable[DatasetFacts]) -> list[InstrumentDraft]:
    """Return the instruments that data are told of, for their author to check; an identifier that is none is left out.

    One that is on record has its name there.
    """
    drafts: dict[InstrumentDraft, None] = {}
    for facts in datasets:
        for one in facts.instruments[:MOST_ENTRIES]:
            try:
                pid = parse_pid(one.pid) if one.pid else ""
            except IdentifierError:
                pid = ""
            known = Instrument.objects.filter(pid=pid).first() if pid else None
            # A bar parts name and identifier where they are typed.
            name = known.name if known else one.name.replace("|", " ").strip()[:200]
            drafts[InstrumentDraft(name, pid)] = None
    return [one for one in drafts if one.name]


def related_entry(related: Related) -> dict[str, Any]:
    """Return what belongs to a publication or to data as it is kept."""
    return {"relation": related.relation, "identifier": related.identifier, "kind": related.kind}


def subject_entry(subject: Subject) -> dict[str, Any]:
    """Return a keyword or a term of a vocabulary as it is kept."""
    fields = ("text", "uri", "scheme", "scheme_uri")
    return _without_empty({name: getattr(subject, name) for name in fields})


def funding_entry(funder: Funder) -> dict[str, Any]:
    """Return who paid as it is kept."""
    named = {"funder": funder.name, "identifier": funder.identifier}
    return _without_empty({**named, "award": funder.award, "award_title": funder.award_title})


def creator_entry(creator: Creator) -> dict[str, Any]:
    """Return a person or a group as they are kept."""
    fields = {name: getattr(creator, name) for name in ("name", "given", "family", "orcid")}
    places = [_without_empty({"name": one.name, "ror": one.ror}) for one in creator.affiliations]
    return _without_empty({**fields, "affiliations": places, "is_group": creator.is_group})


def read_funding(typed: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return funding as it is kept. Raises IdentifierError (ror-malformed, pid-malformed) for an identifier."""
    return [
        _without_empty(
            {
                "funder": str(one["funder"]),
                "identifier": funder_identifier(str(one.get("identifier") or "")),
                "award": str(one.get("award") or ""),
                "award_title": str(one.get("award_title") or ""),
            }
        )
        for one in typed
    ]


def funder_identifier(text: str) -> str:
    """Return a ROR id or another address of a funder, empty for nothing.

    A DOI is one of the Funder Registry, which names funders by addresses. Raises IdentifierError.
    """
    text = text.strip()
    if not text:
        return ""
    if "ror.org/" in text.lower():
        return parse_ror(text)
    return f"https://doi.org/{parse_doi(text)}" if is_doi(text) else parse_pid(text)


def normal_licence(text: str) -> str:
    """Return a licence by its SPDX id where it has one, else as it was typed."""
    return (licence_name(text) or text.strip())[:200]


def techniques_named(names: Sequence[str]) -> list[Technique]:
    """Return the techniques that are named by PaNET id, by its address or by their name in use.

    Raises CatalogError technique-unknown.
    """
    return [_technique(name) for name in dict.fromkeys(names)]


def _technique(name: str) -> Technique:
    try:
        panet_id = panet_iri(name).rpartition("/")[2]
    except IdentifierError:
        found = Technique.objects.filter(name__iexact=name.strip(), is_deprecated=False).first()
    else:
        found = Technique.objects.filter(panet_id=panet_id).first()
    if found is None:
        raise CatalogError("technique-unknown", technique=name.strip()[:80])
    return found


def instruments_drafted(drafts: Sequence[InstrumentDraft], facility: Facility | None) -> list[Instrument]:
    """Return the instruments that are meant, and make those that are not there, at `facility`. Inside a transaction."""
    found = []
    for draft in drafts:
        known = Instrument.objects.filter(pid=draft.pid).first() if draft.pid else None
        if known is None:
            known, _ = Instrument.objects.get_or_create(facility=facility, name=draft.name, defaults={"pid": draft.pid})
        found.append(known)
    return found


def _without_empty(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if value not in ("", None, [], False)}
