"""Look up what the sources of this installation know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from django.conf import settings

from catalog.causes import CausedError
from catalog.errors import CatalogError
from catalog.sources import Asking, Endpoints, Known, PublicationFacts, Related, gather, lookup, ordered_sources
from catalog.sources.answer_cache import AnswerCache
from catalog.sources.naming import INVERSE_RELATIONS, relation_to
from catalog.sources.pace import Pace


def look_up(doi: str) -> PublicationFacts:
    """Return what the registration agency knows of `doi`.

    Raises CausedError doi-malformed, doi-unknown or metadata-unreachable.
    """
    return lookup(doi, asking=_asking(), endpoints=_endpoints())


def look_up_all(reference: str, *, follows: bool = True) -> Known:
    """Return what all sources know of a DOI, an address or a SWHID, and of what it leads to where that is followed.

    Raises CausedError reference-malformed, reference-unsupported, reference-unknown, doi-unknown or
    metadata-unreachable.
    """
    return gather(reference, sources=ordered_sources(_endpoints()), asking=_asking(), follows=follows)


def with_datasets(facts: PublicationFacts, dois: Sequence[str]) -> PublicationFacts:
    """Return the facts with exactly these datasets. Who registers a paper may leave some out, and add such as name it.

    What data a run is shown follows from this link, so the author's word alone does not make it. Raises CatalogError
    dataset-unrelated for one that neither the paper's record names nor names the paper in its own.
    """
    named = {one.identifier: one for one in facts.related if one.kind in {"dataset", "supplement"}}
    others = [one for one in facts.related if one.kind != "dataset" and one.identifier not in dois]
    asking = _asking()
    chosen = []
    for doi in dois:
        relation = named[doi].relation if doi in named else _inverse_relation(doi, facts.doi, asking)
        chosen.append(Related(relation, doi, "dataset"))
    return replace(facts, related=(*chosen, *others))


def _inverse_relation(dataset: str, publication: str, asking: Asking) -> str:
    try:
        known = gather(dataset, sources=ordered_sources(_endpoints()), asking=asking, follows=False)
    except CausedError as error:
        raise CatalogError("dataset-unrelated", dataset=dataset, doi=publication) from error
    own = [one.facts for one in known.datasets if one.facts.doi == dataset]
    found = [relation for facts in own if (relation := relation_to(publication, facts))]
    if not found:
        raise CatalogError("dataset-unrelated", dataset=dataset, doi=publication)
    return INVERSE_RELATIONS[found[0]]


def _endpoints() -> Endpoints:
    named = settings.REPRISE_METADATA
    return Endpoints(
        doi=settings.REPRISE_DOI_URL,
        crossref=settings.REPRISE_CROSSREF_URL,
        datacite=settings.REPRISE_DATACITE_URL,
        zenodo=named.zenodo,
        invenio=named.invenio,
        figshare=named.figshare,
        software_heritage=named.software_heritage,
        github=named.github,
        gitlab=named.gitlab,
        gitea=named.gitea,
        dataverse=named.dataverse,
        panosc=named.panosc,
        scicat=named.scicat,
        oai=named.oai,
    )


def _asking() -> Asking:
    named = settings.REPRISE_METADATA
    return Asking(
        contact=settings.REPRISE_CONTACT,
        timeout_s=float(named.timeout_s),
        allow_private=settings.REPRISE_ALLOW_PRIVATE_HOSTS,
        cache=AnswerCache(named.cache_directory, named.cache_bytes) if named.cache_bytes else None,
        pace=_pace(named.pause_ms),
    )


@cache
def _pace(pause_ms: int) -> Pace:
    """Return the one pace of this process, which all its look-ups share."""
    return Pace(pause_ms / 1000)
