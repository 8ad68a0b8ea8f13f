"""Searches that accounts keep."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import User

from catalog.errors import CatalogError
from catalog.models import SavedSearch, Viewer

MOST_SAVED: Final = 100


def is_saved(viewer: Viewer, query: str) -> bool:
    """Tell whether the viewer keeps the search already."""
    return viewer.is_authenticated and SavedSearch.objects.filter(owner_id=viewer.pk, query=query).exists()


def save_search(owner: User, *, query: str, name: str) -> SavedSearch:
    """Keep a search under a name; one that is kept gets the new name. Raises CatalogError searches-full."""
    kept = SavedSearch.objects.filter(owner=owner)
    if not kept.filter(query=query).exists() and kept.count() >= MOST_SAVED:
        raise CatalogError("searches-full", most=MOST_SAVED)
    saved, _ = SavedSearch.objects.update_or_create(owner=owner, query=query, defaults={"name": name})
    return saved


def forget_search(owner: User, *, search_id: int) -> None:
    """Forget a search of the owner's; any other is left alone."""
    SavedSearch.objects.filter(owner=owner, pk=search_id).delete()
