"""The pages of all public records, in parts that one sitemap can hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db.models.functions import Substr

from catalog.models import ExposedRecord

SITEMAP_SIZE: Final = 50_000
# The address stands near the start of a stored record, behind its key and its kind; a DOI that is quoted is long.
_HEAD: Final = 5_000
_URL: Final = re.compile(r'"url":("(?:[^"\\]|\\.)*")')


def count_pages() -> int:
    """Return how many records are shown."""
    return ExposedRecord.objects.filter(is_deleted=False).count()


def pages(part: int) -> Iterator[tuple[str, datetime]]:
    """Yield address and last change of one part, the first being 0, in an order that changes do not alter."""
    shown = ExposedRecord.objects.filter(is_deleted=False).order_by("pk")
    rows = shown.annotate(head=Substr("body", 1, _HEAD)).values_list("head", "datestamp")
    for head, datestamp in rows[part * SITEMAP_SIZE : (part + 1) * SITEMAP_SIZE].iterator(chunk_size=2000):
        if found := _URL.search(head):
            yield json.loads(found[1]), datestamp


def last_change(part: int) -> datetime:
    """Return when a record of one part changed last."""
    shown = ExposedRecord.objects.filter(is_deleted=False).order_by("pk").values_list("datestamp", flat=True)
    return max(shown[part * SITEMAP_SIZE : (part + 1) * SITEMAP_SIZE])
