"""What the public sees of a publication: nothing, its metadata until a day, or all of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from catalog.audit import SERVICE, Actor, record
from catalog.errors import CatalogError
from catalog.expose import expose_dataset, expose_publication
from catalog.models import Dataset, Publication, Target
from catalog.search_index import index_publication

State = Publication.State


def publish(publication: Publication, *, now: datetime, by: Actor = SERVICE) -> bool:
    """Make a draft or embargoed publication with at least one confirmed target public; return whether this call did it.

    Raises CatalogError no-targets.
    """
    if not publication.targets.filter(state=Target.State.CONFIRMED).exists():
        raise CatalogError("no-targets", doi=publication.doi)
    return _move(publication, (State.DRAFT, State.EMBARGOED), State.PUBLISHED, now, ("publication.publish", by))


def withdraw(publication: Publication, *, now: datetime, by: Actor = SERVICE) -> bool:
    """Make a publication private again; return whether this call did it."""
    return _move(publication, (State.PUBLISHED, State.EMBARGOED), State.DRAFT, now, ("publication.withdraw", by))


def _move(
    publication: Publication, before: tuple[str, ...], after: str, now: datetime, said: tuple[str, Actor]
) -> bool:
    action, by = said
    with transaction.atomic():
        moved = Publication.objects.filter(pk=publication.pk, state__in=before).update(
            state=after, state_changed_at=now, updated_at=now
        )
        if moved:
            record(action, by=by, subject=publication, doi=publication.doi)
            publication.refresh_from_db(fields=["state", "state_changed_at", "updated_at"])
            index_publication(publication)
            expose_publication(publication)
    publication.refresh_from_db(fields=["state", "state_changed_at", "updated_at"])
    return bool(moved)


def latest_end(publication: Publication, *, now: datetime) -> date:
    """Return the last day an embargo may name. A new date counts from when the embargo began, not from today."""
    begun = publication.state_changed_at if publication.is_embargoed else None
    return ((begun or now) + timedelta(days=settings.REPRISE_EMBARGO_DAYS)).date()


def embargo(publication: Publication, *, until: date, now: datetime, by: Actor = SERVICE) -> bool:
    """Make a draft's metadata public and keep the rest back until the day `until`, or change that day.

    Return whether this call did it. Raises CatalogError: no-targets, embargo-out-of-range, embargo-too-late when
    everybody has seen it already.
    """
    if publication.is_published:
        raise CatalogError("embargo-too-late", doi=publication.doi)
    if not publication.targets.filter(state=Target.State.CONFIRMED).exists():
        raise CatalogError("no-targets", doi=publication.doi)
    latest = latest_end(publication, now=now)
    if not now.date() < until <= latest:
        raise CatalogError("embargo-out-of-range", until=until, latest=latest)
    found = Publication.objects.filter(pk=publication.pk)
    with transaction.atomic():
        begun = found.filter(state=State.DRAFT).update(
            state=State.EMBARGOED, embargo_until=until, state_changed_at=now, updated_at=now
        )
        moved = begun or found.filter(state=State.EMBARGOED).update(embargo_until=until, updated_at=now)
        if moved:
            record("publication.embargo", by=by, subject=publication, doi=publication.doi, until=until.isoformat())
            publication.refresh_from_db(fields=["state"])
            index_publication(publication)
            expose_publication(publication)
    publication.refresh_from_db(fields=["state", "embargo_until", "state_changed_at", "updated_at"])
    return bool(moved)


def release_embargoes(*, now: datetime) -> int:
    """Make public what was embargoed until today or earlier, by the calendar of UTC; return how many.

    Two sweeps at once release each once.
    """
    due = Publication.objects.filter(state=State.EMBARGOED, embargo_until__lte=now.date())
    released = 0
    for key, doi, title in due.order_by("embargo_until", "pk").values_list("pk", "doi", "title"):
        with transaction.atomic():
            # Asked again with the update: its author may have given it a later day meanwhile.
            moved = due.filter(pk=key).update(state=State.PUBLISHED, state_changed_at=now, updated_at=now)
            if moved:
                record("publication.release", by=SERVICE, subject=title, doi=doi)
                publication = Publication.objects.get(pk=key)
                index_publication(publication)
                expose_publication(publication)
        released += moved
    return released


def release_datasets(*, now: datetime) -> int:
    """Open the datasets that were embargoed until today or earlier, by the calendar of UTC; return how many."""
    due = Dataset.objects.filter(access=Dataset.Access.EMBARGOED, embargo_until__lte=now.date())
    released = 0
    for key in due.order_by("embargo_until", "pk").values_list("pk", flat=True):
        with transaction.atomic():
            # Asked again with the update: a look-up may have given it a later day meanwhile.
            moved = due.filter(pk=key).update(access=Dataset.Access.OPEN, updated_at=now)
            if moved:
                dataset = Dataset.objects.get(pk=key)
                record("dataset.release", by=SERVICE, subject=dataset, doi=dataset.doi)
                expose_dataset(dataset)
        released += moved
    return released
