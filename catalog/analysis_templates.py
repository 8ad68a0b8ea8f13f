"""Offer a target's notebook as a template for other data of its techniques, and find those that suit a dataset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from django.db import transaction

from catalog.audit import SERVICE, Actor, record
from catalog.errors import CatalogError
from catalog.models import (
    AnalysisTemplate,
    AnalysisTemplateQuerySet,
    Dataset,
    Publication,
    Target,
    Technique,
    Viewer,
)

MOST_ENDINGS: Final = 20
_ENDING: Final = re.compile(r"\.?[a-z0-9][a-z0-9_+-]{0,19}")


def read_endings(typed: Iterable[str]) -> list[str]:
    """Return the endings of files as they are kept: `.h5`. Raises CatalogError template-refused."""
    endings = list(dict.fromkeys(one.strip().lower() for one in typed if one.strip()))
    for ending in endings:
        if not _ENDING.fullmatch(ending):
            raise CatalogError("template-refused", reason=f"“{ending[:60]}” is not the ending of a file's name")
    if len(endings) > MOST_ENDINGS:
        raise CatalogError("template-refused", reason=f"it has more than {MOST_ENDINGS} endings")
    return [f".{ending.removeprefix('.')}" for ending in endings]


def offer_as_template(
    target: Target, *, techniques: Sequence[Technique], endings: Sequence[str], by: Actor = SERVICE
) -> AnalysisTemplate:
    """Offer the target's notebook for other data, or change for which; `endings` are those of `read_endings`.

    Raises CatalogError template-refused without a technique, or for what is only proposed.
    """
    if target.state != Target.State.CONFIRMED:
        raise CatalogError("template-refused", reason=f"{target.label} is only proposed")
    if not techniques:
        raise CatalogError("template-refused", reason="no technique is named")
    with transaction.atomic():
        template, _ = AnalysisTemplate.objects.update_or_create(target=target, defaults={"endings": list(endings)})
        template.techniques.set(techniques)
        names = sorted(one.name for one in techniques)
        record("template.offer", by=by, subject=target, doi=target.publication.doi, techniques=names)
    return template


def withdraw_template(target: Target, *, by: Actor = SERVICE) -> None:
    """Offer it no longer; runs that were made of it stay. Does nothing where it is not offered."""
    with transaction.atomic():
        deleted, _ = AnalysisTemplate.objects.filter(target=target).delete()
        if deleted:
            record("template.withdraw", by=by, subject=target, doi=target.publication.doi)


def techniques_of(dataset: Dataset, viewer: Viewer) -> list[Technique]:
    """Return the techniques of a dataset; where none is known, those of the papers on it that the viewer may see."""
    own = list(dataset.techniques.all())
    if own:
        return own
    seen = Publication.objects.visible_to(viewer).filter(datasets=dataset)
    return list(Technique.objects.filter(publications__in=seen.values("pk")).distinct())


def templates_for(dataset: Dataset, viewer: Viewer) -> AnalysisTemplateQuerySet:
    """Return the templates that the viewer may see and that suit the dataset's techniques."""
    keys = [one.pk for one in techniques_of(dataset, viewer)]
    found = AnalysisTemplate.objects.visible_to(viewer).suiting(Technique.objects.filter(pk__in=keys).order_by())
    return found.select_related("target__publication__facility", "target__repository").prefetch_related("techniques")
