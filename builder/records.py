"""From repositories and environments to the records that every format is made of. Reads only."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from builder.environment_facts import DOWNLOADS, read_download
from builder.figures import figure_file
from builder.models import Environment, EnvironmentQuerySet, Snapshot
from builder.prepare import GIVEN
from catalog.causes import CausedError
from catalog.exposure.media_types import NOTEBOOK
from catalog.exposure.record import Day, File, Identifier, Outcome, Record, Relation, Software, Subject
from catalog.exposure.relations import Addition
from catalog.models import Evidence, Publication, Repository, Target
from catalog.record_parts import SERVICE, instruments_of, keywords, organisation, persons, techniques_of
from catalog.records import (
    NOTEBOOKS_TO_DATA,
    notebooks_key,
    notebooks_title,
    notebooks_url,
    publication_key,
    to_dataset,
    to_notebooks,
    to_publication,
    visible_publications,
)

_MOST_ENVIRONMENTS: Final = 200
_MOST_FIGURES: Final = 200
# What an environment is made of again. Its patch belongs to a repository, not to it.
_FILES: Final = ("pylock.toml", "requirements.txt", "runtime.txt", "companion.json")
_OF_A_GIVEN_ONE: Final = ("companion.json",)
_WEB: Final = ("https://", "http://")


def environment_key(key: str) -> str:
    """Return the key of the record of an environment that has this content key."""
    return f"environment/{key}"


def environment_url(key: str) -> str:
    """Return the address of the page of an environment."""
    return settings.REPRISE_URL + reverse("environment", args=[key])


def records_of(publication: Publication) -> Iterator[Record | Addition]:
    """Yield the records of the notebooks and the environments of a publication that is public as a whole.

    And what the notebooks hold of the publication itself: its figures.
    """
    repository = publication.repositories.first()
    if repository is None or not publication.is_published:
        return
    yield notebooks_record(publication, repository)
    made = _environments().filter(snapshot__repository=repository).values_list("key", flat=True)
    for key in list(dict.fromkeys(made))[:_MOST_ENVIRONMENTS]:
        yield environment_record(key)
    yield Addition(publication_key(publication.doi), tuple(_figures(publication)), repository.created_at)


def notebooks_record(publication: Publication, repository: Repository) -> Record:
    """Return the record of the notebooks in a repository, with what came of each target that is confirmed."""
    snapshot = Snapshot.objects.filter(repository=repository, state=Snapshot.State.READY).first()
    evidence = Evidence.objects.filter(target__publication=publication, target__state=Target.State.CONFIRMED)
    shown = list(evidence.select_related("target__publication").order_by("target__position", "target_id"))
    techniques, broader = techniques_of(publication)
    commit = snapshot.commit if snapshot else ""
    day = snapshot.committed_at.date() if snapshot and snapshot.committed_at else publication.published_on
    return Record(
        key=notebooks_key(publication.doi),
        kind="notebooks",
        url=notebooks_url(publication),
        title=notebooks_title(publication),
        resource_type="ComputationalNotebook",
        type_words="Notebooks behind a publication",
        created_at=repository.created_at,
        updated_at=_updated(publication, repository, snapshot, shown),
        description=_described(publication, snapshot),
        creators=persons(publication.creators),
        published_on=day,
        days=_days(snapshot),
        language=publication.language,
        version=commit[:12],
        subjects=keywords(publication.subjects),
        techniques=techniques,
        broader_techniques=broader,
        facility=organisation(publication.facility),
        facility_slug=publication.facility.slug if publication.facility else "",
        instruments=instruments_of(publication),
        identifiers=tuple(_identifiers(repository, snapshot)),
        relations=(
            to_publication(publication, "IsSupplementTo"),
            *(to_dataset(one, how) for one in publication.datasets.order_by("doi") for how in NOTEBOOKS_TO_DATA),
        ),
        code_repository=repository.url if repository.url.startswith(_WEB) else "",
        commit=commit,
        files=_notebooks_behind(publication),
        programming_language=_language(snapshot),
        outcomes=tuple(_outcome(one) for one in shown),
    )


def environment_record(key: str) -> Record:
    """Return the record of what is made under a content key, for all public publications whose notebooks run in it."""
    made = list(_environments().filter(key=key).select_related("snapshot__repository__publication").order_by("pk"))
    first = made[0]
    publications = {one.snapshot.repository.publication_id: one.snapshot.repository.publication for one in made}
    moved = [one.state_changed_at for one in publications.values() if one.state_changed_at]
    techniques, broader = _techniques(publications.values())
    return Record(
        key=environment_key(key),
        kind="environment",
        url=environment_url(key),
        title=f"{_language_of(first)} with {len(first.packages)} packages as of {first.as_of.date().isoformat()}",
        resource_type="Software",
        type_words="Environment that notebooks run in",
        created_at=min(one.created_at for one in made),
        updated_at=max([*(one.created_at for one in made), *moved]),
        description=_environment_described(first),
        creators=(SERVICE,),
        published_on=min(one.created_at for one in made).date(),
        days=(Day("Created", min(one.created_at for one in made)), Day("Collected", first.as_of, "resolved as of")),
        version=key[:12],
        subjects=_topics(first),
        techniques=techniques,
        broader_techniques=broader,
        relations=tuple(to_notebooks(one, "IsRequiredBy") for _, one in sorted(publications.items())),
        files=tuple(_files(first)),
        programming_language="Python",
        software=tuple(_software(first)),
    )


def _environments() -> EnvironmentQuerySet:
    """Environments of public publications, as of the date that their author chose."""
    public = visible_publications().filter(state=Publication.State.PUBLISHED)
    frozen = Environment.objects.filter(as_of_choice=F("snapshot__repository__as_of"))
    return frozen.filter(snapshot__repository__publication__in=public.order_by().values("pk"))


def _updated(
    publication: Publication, repository: Repository, snapshot: Snapshot | None, shown: Iterable[Evidence]
) -> datetime:
    moments = [publication.updated_at, repository.created_at, *(one.seen_at for one in shown)]
    return max([*moments, snapshot.created_at] if snapshot else moments)


def _described(publication: Publication, snapshot: Snapshot | None) -> str:
    labels = ", ".join(publication.targets.filter(state=Target.State.CONFIRMED).values_list("label", flat=True))
    parts = [f"The notebooks that make {labels or 'the figures'} of “{publication.title}”"]
    if snapshot and snapshot.commit:
        parts.append(f"at commit {snapshot.commit}")
    return ", ".join(parts) + ". They are re-run to see whether what the publication shows still comes out."


def _days(snapshot: Snapshot | None) -> tuple[Day, ...]:
    return (Day("Created", snapshot.committed_at, "date of the commit"),) if snapshot and snapshot.committed_at else ()


def _identifiers(repository: Repository, snapshot: Snapshot | None) -> Iterator[Identifier]:
    if repository.url.startswith(_WEB):
        yield Identifier("URL", repository.url)
    if snapshot is not None:
        yield Identifier("SWHID", snapshot.swhid)
        if len(snapshot.commit) == 40:
            # A commit of git is named by its own id: https://www.swhid.org/specification/
            yield Identifier("SWHID", f"swh:1:rev:{snapshot.commit}")


def _language(snapshot: Snapshot | None) -> str:
    outlines = snapshot.notebooks if snapshot else []
    counted = Counter(str(one.get("language") or "") for one in outlines if isinstance(one, dict))
    counted.pop("", None)
    return counted.most_common(1)[0][0].capitalize() if counted else ""


def _outcome(evidence: Evidence) -> Outcome:
    return Outcome(
        verdict=evidence.verdict,
        claim=evidence.target.label,
        seen_at=evidence.seen_at,
        sentence=str((evidence.cause or {}).get("message", "")),
        url=settings.REPRISE_URL + evidence.target.get_absolute_url(),
    )


def _figures(publication: Publication) -> Iterator[Relation]:
    """Yield the published figures that can be had here, as the notebooks hold them."""
    shown = publication.targets.filter(state=Target.State.CONFIRMED, kind=Target.Kind.FIGURE)
    for target in shown.order_by("position", "pk")[:_MOST_FIGURES]:
        url = settings.REPRISE_URL + reverse("published-figure", args=[target.pk])
        if (file := figure_file(target, url)) is not None:
            name = Identifier("URL", url)
            yield Relation("HasPart", name, "Image", title=f"{target.label} as published", file=file)


def _language_of(environment: Environment) -> str:
    return f"Python {environment.python}" if environment.python else "Environment"


def _environment_described(environment: Environment) -> str:
    as_of = f"{environment.as_of:%Y-%m-%d}"
    if environment.engine == GIVEN:
        return (
            "An environment that the facility keeps, as it was when notebooks were run in it. Its packages are listed."
        )
    notes = " ".join(environment.approximations)
    return (
        f"What the notebooks run in: made by {environment.engine} from a lock, resolved as of {as_of}. {notes}".strip()
    )


def _notebooks_behind(publication: Publication) -> tuple[File, ...]:
    paths = publication.targets.filter(state=Target.State.CONFIRMED).order_by("position", "pk")
    return tuple(File(path, media_type=NOTEBOOK) for path in dict.fromkeys(paths.values_list("notebook", flat=True)))


def _files(environment: Environment) -> Iterator[File]:
    """Yield the files that can be had of the environment; a lock that is lost is told of by its page."""
    for name in _OF_A_GIVEN_ONE if environment.engine == GIVEN else _FILES:
        try:
            data = read_download(environment, name)
        except CausedError:
            continue
        if data is not None:
            address = reverse("environment-file", args=[environment.key, name])
            yield File(
                path=name,
                size_bytes=len(data),
                media_type=DOWNLOADS[name].partition(";")[0],
                sha256=hashlib.sha256(data).hexdigest(),
                # One key may serve several, which were seen on other machines.
                url=f"{settings.REPRISE_URL}{address}?of={environment.pk}",
            )


def _topics(environment: Environment) -> tuple[Subject, ...]:
    words = ("software environment", "Python" if environment.python else "")
    return tuple(Subject(word) for word in words if word)


def _techniques(publications: Iterable[Publication]) -> tuple[tuple[Subject, ...], tuple[Subject, ...]]:
    """Return the techniques of all whose notebooks run in it, and those above them."""
    own: dict[Subject, None] = {}
    above: dict[Subject, None] = {}
    for one in publications:
        techniques, broader = techniques_of(one)
        own |= dict.fromkeys(techniques)
        above |= dict.fromkeys(broader)
    return tuple(own), tuple(one for one in above if one not in own)


def _software(environment: Environment) -> Iterator[Software]:
    for one in environment.packages:
        name, version = str(one.get("name") or ""), str(one.get("version") or "")
        if name:
            purl = f"pkg:pypi/{name}@{version}" if environment.engine == "local" and version else ""
            yield Software(name, version, purl)
