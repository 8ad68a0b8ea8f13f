"""From certificates to the records that every format is made of. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from django.conf import settings
from django.urls import reverse

from builder.records import environment_key, environment_url
from catalog.exposure.record import Day, File, Identifier, Outcome, Record, Relation
from catalog.models import Publication
from catalog.record_parts import SERVICE, instruments_of, organisation, techniques_of
from catalog.records import to_notebooks, to_publication
from reproduce.certificates.ladder import MEANINGS as RUNG_MEANINGS
from reproduce.certificates.ladder import WORDS as RUNG_WORDS
from reproduce.deposit_choice import deposits_of
from reproduce.models import Certificate, Run
from reproduce.run_crate import has_crate
from reproduce.verdicts import MEANINGS

_MOST_FILES: Final = 200


def certificate_key(certificate: uuid.UUID) -> str:
    """Return the key of a certificate's record."""
    return f"certificate/{certificate}"


def records_of(publication: Publication) -> Iterator[Record]:
    """Yield the records of all certificates of a public publication that were not revoked."""
    if not publication.is_published:
        return
    issued = Certificate.objects.filter(doi=publication.doi, revoked_at=None).order_by("entry_id")
    certificates = list(issued.select_related("superseded_by", "target"))
    if not certificates:
        return
    reviewed = [to_publication(publication, "Reviews")]
    if publication.repositories.exists():
        reviewed.append(to_notebooks(publication, "Reviews"))
    keys = [one.run for one in certificates]
    runs = Run.objects.filter(pk__in=keys).select_related("target", "snapshot", "environment").defer("comparison")
    by_key = {run.pk: run for run in runs}
    deposited = deposits_of(certificates)
    for certificate in certificates:
        older = [one for one in certificates if one.superseded_by_id == certificate.pk]
        found = _record(certificate, publication, by_key.get(certificate.run), reviewed, older)
        yield _with_deposit(found, deposited.get(certificate.pk, ""))


def _record(
    certificate: Certificate,
    publication: Publication,
    run: Run | None,
    reviewed: Iterable[Relation],
    older: Iterable[Certificate],
) -> Record:
    techniques, broader = techniques_of(publication)
    by = certificate.superseded_by
    return Record(
        key=certificate_key(certificate.pk),
        kind="certificate",
        url=_address(certificate),
        title=_title(certificate, publication),
        resource_type="Report",
        type_words="Certificate of a reproduction",
        created_at=certificate.issued_at,
        updated_at=max(certificate.issued_at, by.issued_at) if by else certificate.issued_at,
        description=_described(certificate),
        creators=(SERVICE,),
        published_on=certificate.issued_at.date(),
        days=(Day("Issued", certificate.issued_at), Day("Valid", certificate.valid_until, "in force until")),
        language="en",
        techniques=techniques,
        broader_techniques=broader,
        facility=organisation(publication.facility),
        facility_slug=publication.facility.slug if publication.facility else "",
        instruments=instruments_of(publication),
        identifiers=(Identifier("URL", settings.REPRISE_URL + reverse("certificate-json", args=[certificate.pk])),),
        relations=(
            *reviewed,
            *(_to_certificate(one, publication) for one in older),
            *(_to_run(run) if run else ()),
        ),
        files=_files(run) if run else (),
        commit=run.snapshot.commit if run and run.snapshot else "",
        outcomes=(_outcome(certificate, run),),
        valid_until=certificate.valid_until,
        crate_url=_crate(run, "run-crate-document", "ro-crate-metadata.json") if run and has_crate(run) else "",
    )


def _with_deposit(record: Record, doi: str) -> Record:
    """Say where the evidence was deposited, where it was."""
    if not doi:
        return record
    deposit = Relation("HasPart", Identifier("DOI", doi), "Collection", title="Evidence of the run, deposited")
    return replace(record, relations=(*record.relations, deposit))


def _title(certificate: Certificate, publication: Publication) -> str:
    what = certificate.target.label if certificate.target else "A target"
    return f"{what} of “{publication.title}”: {certificate.verdict}"


def _described(certificate: Certificate) -> str:
    """Say what was found and how far it came, and that no human looked at it."""
    rungs = {str(rung): f"{words}: {RUNG_MEANINGS[rung]}" for rung, words in RUNG_WORDS.items()}
    found = MEANINGS.get(certificate.verdict, "")
    return f"{found} {rungs[certificate.rung]} A machine issued it; no human reviewed the science.".strip()


def _outcome(certificate: Certificate, run: Run | None) -> Outcome:
    seen_at = run.ended_at if run and run.ended_at else certificate.issued_at
    claim = certificate.target.label if certificate.target else ""
    return Outcome(
        verdict=certificate.verdict,
        claim=claim,
        seen_at=seen_at,
        sentence=MEANINGS.get(certificate.verdict, ""),
        rung=certificate.rung,
        url=_address(certificate),
    )


def _to_certificate(older: Certificate, publication: Publication) -> Relation:
    address = Identifier("URL", _address(older))
    return Relation("Obsoletes", address, "Report", certificate_key(older.pk), _title(older, publication))


def _to_run(run: Run) -> Iterator[Relation]:
    """Say what it rests on: the crate of the run's evidence, and the environment."""
    if has_crate(run):
        yield Relation(
            "HasPart", Identifier("URL", _crate(run, "run-crate")), "Collection", title="Evidence of the run"
        )
    if run.environment is not None:
        key = run.environment.key
        yield Relation("References", Identifier("URL", environment_url(key)), "Software", environment_key(key))


def _files(run: Run) -> tuple[File, ...]:
    return tuple(
        File(
            path=name,
            size_bytes=kept.get("size_bytes"),
            media_type=str(kept.get("media_type") or ""),
            sha256=str(kept.get("sha256") or ""),
            url=settings.REPRISE_URL + reverse("artefact", args=[run.pk, name]),
        )
        for name, kept in sorted(run.artefacts.items())[:_MOST_FILES]
    )


def _crate(run: Run, name: str, *arguments: str) -> str:
    return settings.REPRISE_URL + reverse(name, args=[run.pk, *arguments])


def _address(certificate: Certificate) -> str:
    return settings.REPRISE_URL + certificate.get_absolute_url()
