"""Publications as a page asks for them: visible or editable, else not found, so that no stranger learns of a draft."""

from __future__ import annotations

from django.http import Http404

from catalog.models import Publication, Viewer


def visible_or_none(viewer: Viewer, doi: str) -> Publication | None:
    """Return the publication with this DOI if the viewer may see it."""
    return Publication.objects.visible_to(viewer).with_cards().filter(doi=doi).first()


def editable_or_404(viewer: Viewer, doi: str) -> Publication:
    """Return the publication with this DOI. Raises Http404 unless the viewer may change it."""
    publication = visible_or_none(viewer, doi)
    if publication is None or not publication.is_editable_by(viewer):
        raise Http404("no such publication")
    return publication
