"""Register a publication with its repository, edit it, confirm its targets. `catalog.publishing` publishes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from catalog.allowed_hosts import check_permitted, parse_allowed_hosts
from catalog.allowed_resources import check_target_resources
from catalog.audit import SERVICE, Actor, record
from catalog.data_places import DataWish, read_patterns, read_wishes
from catalog.described import InstrumentDraft, description_of, instruments_drafted
from catalog.errors import CatalogError
from catalog.expose import expose_publication
from catalog.given_environments import check_given
from catalog.identifiers import target_slug
from catalog.models import Dataset, Facility, Precision, Publication, Repository, Target, Technique
from catalog.proposals import ProposedTarget
from catalog.search_index import index_publication
from catalog.sources import PublicationFacts


@dataclass(frozen=True, slots=True)
class TargetDraft:
    """A row of the targets form. `id` is None for a new one; one that is not kept is deleted.

    `resources` and a `given_environment` of None are left as they are.
    """

    id: int | None
    label: str
    kind: str
    caption: str
    notebook: str
    cells: tuple[str, ...] = ()
    rtol: float | None = None
    atol: float = 0.0
    image_limit: float | None = None
    disabled_rules: tuple[str, ...] = ()
    timeout_s: int | None = None
    allowed_hosts: tuple[str, ...] = ()
    data: tuple[DataWish, ...] = ()
    output_files: tuple[str, ...] = ()
    resources: Mapping[str, Any] | None = None
    given_environment: str | None = None
    threads: int = 1
    matplotlib_backend: str = ""
    is_kept: bool = True


def register(
    *,
    doi: str,
    source_url: str,
    ref: str,
    owner: User,
    facts: PublicationFacts,
    facility: Facility | None,
    instruments: Sequence[InstrumentDraft] = (),
    by: Actor = SERVICE,
) -> Publication:
    """Create a draft with its repository, its instruments and the datasets its metadata names.

    Raises CatalogError doi-taken when the DOI is registered already; nothing is kept then.
    """
    origin = facts.agency if facts.agency in Publication.Origin.values else Publication.Origin.MANUAL
    try:
        with transaction.atomic():
            publication = Publication.objects.create(
                doi=doi, origin=origin, owner=owner, facility=facility, **description_of(facts)
            )
            publication.instruments.set(instruments_drafted(instruments, facility))
            Repository.objects.create(publication=publication, url=source_url, ref=ref)
            for relation in facts.related:
                if relation.kind == "dataset" and relation.identifier.startswith("10."):
                    dataset, _ = Dataset.objects.get_or_create(
                        doi=relation.identifier, defaults={"title": relation.identifier}
                    )
                    publication.datasets.add(dataset)
            record("publication.register", by=by, subject=publication, doi=doi)
    except IntegrityError:
        if Publication.objects.filter(doi=doi).exists():
            raise CatalogError("doi-taken", doi=doi) from None
        raise
    index_publication(publication)
    return publication


def edit_publication(
    publication: Publication,
    *,
    title: str,
    creators: list[dict[str, Any]],
    published_on: date | None,
    venue: str,
    licence: str,
    abstract: str,
    language: str,
    facility: Facility | None,
    subjects: list[dict[str, Any]],
    funding: list[dict[str, str]],
    techniques: Sequence[Technique],
    instruments: Sequence[InstrumentDraft],
    by: Actor = SERVICE,
) -> None:
    """Change what its author may say of a publication. A date that is typed is known to the day."""
    said: dict[str, Any] = {"title": title, "creators": creators, "venue": venue, "licence": licence}
    said |= {"abstract": abstract, "language": language, "facility": facility, "subjects": subjects, "funding": funding}
    if published_on != publication.published_on:
        said |= {"published_on": published_on, "published_precision": Precision.DAY}
    changed = sorted(name for name, value in said.items() if getattr(publication, name) != value)
    for name, value in said.items():
        setattr(publication, name, value)
    with transaction.atomic():
        publication.save(update_fields=[*said, "updated_at"])
        record("publication.edit", by=by, subject=publication, doi=publication.doi, changed=changed)
        publication.techniques.set(techniques)
        publication.instruments.set(instruments_drafted(instruments, facility))
        index_publication(publication)
        expose_publication(publication)


def choose_date(publication: Publication, *, as_of: str, by: Actor = SERVICE) -> None:
    """Have the publication's repositories resolved as of another date (an AsOf) from now on.

    The evidence on record stays until a run as of the new date replaces it.
    """
    with transaction.atomic():
        publication.repositories.update(as_of=as_of)
        record("repository.date", by=by, subject=publication, doi=publication.doi, as_of=as_of)


def propose(repository: Repository, proposals: Sequence[ProposedTarget]) -> int:
    """Add proposed targets to a repository that has none yet; return how many. Safe to call twice."""
    with transaction.atomic():
        publication = Publication.objects.select_for_update().get(pk=repository.publication_id)
        if repository.targets.exists():
            return 0
        taken = set(publication.targets.values_list("slug", flat=True))
        rows = []
        for position, proposal in enumerate(proposals):
            slug = free_slug(target_slug(proposal.label), taken)
            taken.add(slug)
            rows.append(
                Target(
                    publication=publication,
                    repository=repository,
                    kind=proposal.kind,
                    label=proposal.label[:100],
                    slug=slug,
                    caption=proposal.caption,
                    notebook=proposal.notebook,
                    cells=list(proposal.cells),
                    reason=proposal.reason[:300],
                    position=position,
                )
            )
        return len(Target.objects.bulk_create(rows))


def tell_declared(repository: Repository, *, declared: str) -> None:
    """Keep by what the repository declares its environment, one of DECLARATIONS; empty where that cannot be told."""
    Repository.objects.filter(pk=repository.pk).update(declared=declared)


def free_slug(slug: str, taken: set[str]) -> str:
    """Return `slug`, with a number behind it where it is taken."""
    number, candidate = 2, slug
    while candidate in taken:
        candidate = f"{slug}-{number}"
        number += 1
    return candidate


def save_targets(publication: Publication, *, drafts: Sequence[TargetDraft], by: Actor = SERVICE) -> None:
    """Confirm the drafts that are kept and delete the others. A changed claim loses its evidence.

    Raises CatalogError no-notebooks when no repository is known, notebook-missing when a draft names no notebook
    inside a repository, dataset-not-linked when it names data of others; AllowedHostError when one names a host that is
    none, or is not permitted here, resources-refused when it asks for more than the operator lets it, given-not-offered
    for an environment that is not given here, and CausedError when a place of data cannot be.
    """
    with transaction.atomic():
        Publication.objects.select_for_update().get(pk=publication.pk)
        existing = {target.pk: target for target in publication.targets.all()}
        repository = publication.repositories.first()
        if repository is None:
            raise CatalogError("no-notebooks", source=publication.doi)
        publication.targets.filter(pk__in=[d.id for d in drafts if d.id and not d.is_kept]).delete()
        taken: set[str] = set()
        for position, draft in enumerate(draft for draft in drafts if draft.is_kept):
            target = existing.get(draft.id or 0) or Target(publication=publication, repository=repository)
            _apply(target, draft, position, taken)
        index_publication(publication)
        kept = [draft.label for draft in drafts if draft.is_kept]
        record("targets.save", by=by, subject=publication, doi=publication.doi, targets=kept)
        expose_publication(publication)


def edit_target(target: Target, *, draft: TargetDraft, by: Actor = SERVICE) -> None:
    """Change one target and confirm it; the others stay as they are. A changed claim loses its evidence.

    Raises as save_targets does.
    """
    with transaction.atomic():
        Publication.objects.select_for_update().get(pk=target.publication_id)
        _apply(target, draft, target.position, set())
        index_publication(target.publication)
        record("target.edit", by=by, subject=target, doi=target.publication.doi)
        expose_publication(target.publication)


def _check_notebook(path: str) -> None:
    """Refuse what would lead out of the repository: the path is opened on the service's own disk."""
    parts = path.split("/")
    if not path.endswith(".ipynb") or "\\" in path or any(part in {"", ".", ".."} for part in parts):
        raise CatalogError("notebook-missing", path=path[:200])


def _checked_hosts(hosts: Sequence[str]) -> list[str]:
    """Return the hosts as they are kept. Raises AllowedHostError (host-malformed, host-not-permitted)."""
    entries = parse_allowed_hosts(hosts)
    check_permitted(entries, settings.REPRISE_RUN_HOSTS)
    return entries


def _checked_data(publication: Publication, wishes: Sequence[DataWish]) -> list[dict[str, str]]:
    """Return what is kept: data that the catalogue links to the publication, at places that are allowed."""
    read = read_wishes([wish.as_dict() for wish in wishes], places=settings.REPRISE_DATA_PLACES)
    linked = set(publication.datasets.values_list("doi", flat=True)) if read else set()
    for wish in read:
        if wish.dataset not in linked:
            raise CatalogError("dataset-not-linked", dataset=wish.dataset)
    return [wish.as_dict() for wish in read]


def _apply(target: Target, draft: TargetDraft, position: int, taken: set[str]) -> None:
    _check_notebook(draft.notebook)
    # What was allowed once may stand; a run within narrower bounds says so.
    if draft.resources is not None and draft.resources != target.resources:
        check_target_resources(draft.resources)
        target.resources = dict(draft.resources)
    if draft.given_environment is not None and draft.given_environment != target.given_environment:
        if draft.given_environment:
            check_given(draft.given_environment)
        target.given_environment = draft.given_environment
    claim = target.claim
    target.label, target.kind, target.caption = draft.label, draft.kind, draft.caption
    target.notebook, target.cells = draft.notebook, list(draft.cells)
    target.rtol, target.atol = draft.rtol, draft.atol
    target.image_limit, target.disabled_rules = draft.image_limit, sorted(set(draft.disabled_rules))
    target.timeout_s = draft.timeout_s
    target.threads, target.matplotlib_backend = draft.threads, draft.matplotlib_backend
    # What its author says now is the newest word: a target that names no host needs none.
    target.allowed_hosts, target.is_host_missing = _checked_hosts(draft.allowed_hosts), False
    target.data = _checked_data(target.publication, draft.data)
    target.output_files = list(read_patterns(draft.output_files))
    target.position, target.state = position, Target.State.CONFIRMED
    others = target.publication.targets.exclude(pk=target.pk).values_list("slug", flat=True)
    wished = target_slug(draft.label)
    # A published address stays as it is unless the label no longer leads to it.
    if not target.slug or not target.slug.startswith(wished):
        target.slug = free_slug(wished, taken | set(others))
    taken.add(target.slug)
    is_changed = target.pk is not None and claim != target.claim
    target.save()
    if is_changed and target.current_evidence:
        target.current_evidence.delete()
