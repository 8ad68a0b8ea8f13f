"""The objects of the PaNOSC Search API, made of the records that harvesters are shown, and kept until one changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

from django.db.models import F, Q

from catalog.exposure.panosc.things import Things, things_of
from catalog.exposure.record import Record, Subject
from catalog.exposure.stored import read_record
from catalog.models import ExposedRecord, ExposureCounter, TechniqueAncestor

# What is searched is held in memory: the newest are, where there are more.
MOST_RECORDS: Final = 50_000
_KINDS: Final = ("publication/", "dataset/")
_VOCABULARY: Final = "PaNET"


class PanoscShelf:
    """All objects as of the last change of a record. One process keeps one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._position = -1
        self._things = Things((), (), ())

    def things(self) -> Things:
        """Return the objects; they are made anew where a record has changed since."""
        position = ExposureCounter.objects.values_list("position", flat=True).first() or 0
        with self._lock:
            if position != self._position:
                self._things, self._position = things_of(_records(), _broader()), position
            return self._things


def _records() -> Iterator[Record]:
    shown = ExposedRecord.objects.filter(is_deleted=False).order_by("-position")
    left = MOST_RECORDS
    for key, body in shown.values_list("key", "body").iterator(chunk_size=500):
        if key.startswith(_KINDS):
            yield read_record(body)
            left -= 1
            if not left:
                return


def _broader() -> dict[str, tuple[Subject, ...]]:
    """Return the broader terms of each technique of the vocabulary that something has, by its address."""
    has_any = Q(technique__publications__isnull=False) | Q(technique__datasets__isnull=False)
    of_vocabulary = TechniqueAncestor.objects.exclude(ancestor__panet_id="").exclude(technique=F("ancestor"))
    pairs = of_vocabulary.filter(has_any).select_related("technique", "ancestor").distinct().order_by("pk")
    found: dict[str, tuple[Subject, ...]] = {}
    for pair in pairs:
        broader = Subject(pair.ancestor.name, pair.ancestor.iri, _VOCABULARY, "")
        found[pair.technique.iri] = (*found.get(pair.technique.iri, ()), broader)
    return found
