"""Publications as a page asks for them: visible, open or editable, else not found: no stranger learns of one."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import Http404

from catalog.models import Publication, PublicationQuerySet, Repository, Target, Viewer


def with_contents(publications: PublicationQuerySet, viewer: Viewer) -> PublicationQuerySet:
    """Fetch with them what the viewer may see of their targets and repositories, and no more than that."""
    opened = Publication.objects.open_to(viewer).values("pk")
    targets = Target.objects.visible_to(viewer).select_related("evidence")
    repositories = Repository.objects.filter(publication__in=opened)
    return publications.prefetch_related(Prefetch("targets", targets), Prefetch("repositories", repositories))


def visible_or_none(viewer: Viewer, doi: str) -> Publication | None:
    """Return the publication with this DOI if the viewer may see its metadata."""
    visible = Publication.objects.visible_to(viewer).with_cards().filter(doi=doi)
    return with_contents(visible, viewer).first()


def open_or_none(viewer: Viewer, doi: str) -> Publication | None:
    """Return the publication with this DOI if all of it is open to the viewer."""
    return Publication.objects.open_to(viewer).filter(doi=doi).first()


def editable_or_404(viewer: Viewer, doi: str) -> Publication:
    """Return the publication with this DOI. Raises Http404 unless the viewer may change it."""
    publication = visible_or_none(viewer, doi)
    if publication is None or not publication.is_editable_by(viewer):
        raise Http404("no such publication")
    return publication
