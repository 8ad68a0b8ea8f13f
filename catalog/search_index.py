"""Keep the words of publications for the search: at each change, and again for what was changed by another way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import Publication, SearchDocument, SearchWord, TechniqueAncestor
from catalog.search_terms import words_of

_LONGEST_WORD: Final = 60
_SHORTEST_WORD: Final = 3


def index_publication(publication: Publication) -> None:
    """Keep the words that `publication` has now. Safe to call at any time."""
    # Words alone, since the databases part what has signs in it each in their own way.
    fields = {name: " ".join(words_of(" ".join(parts))) for name, parts in _parts_of(publication).items()}
    with transaction.atomic():
        SearchDocument.objects.update_or_create(
            publication=publication, defaults={**fields, "indexed_at": timezone.now()}
        )
        words = sorted({word for text in fields.values() for word in _kept_words(text)})
        SearchWord.objects.bulk_create([SearchWord(word=word) for word in words], ignore_conflicts=True)


def index_stale(*, most: int = 500) -> int:
    """Index publications that were changed since they were, at most so many; return how many there were."""
    stale = Publication.objects.filter(
        Q(search_document=None) | Q(search_document__indexed_at__lt=F("updated_at"))
    ).order_by("pk")[:most]
    for publication in stale:
        index_publication(publication)
    return len(stale)


def index_all() -> int:
    """Index everything anew, and forget the words that nothing has any more; return how many publications there are."""
    SearchWord.objects.all().delete()
    count = 0
    for publication in Publication.objects.order_by("pk").iterator(chunk_size=200):
        index_publication(publication)
        count += 1
    return count


def _parts_of(publication: Publication) -> dict[str, list[str]]:
    facility = publication.facility
    datasets = publication.datasets.values_list("doi", "title")
    # The words of what is embargoed would tell of it to whoever searches for them.
    hidden = publication.is_embargoed
    targets = publication.targets.filter(state="confirmed").values_list("label", "caption") if not hidden else ()
    return {
        "title": [publication.title],
        "names": [
            *_names_of(publication.creators),
            *([facility.name] if facility else []),
            *publication.instruments.values_list("name", flat=True),
            *(str(one.get("funder", "")) for one in publication.funding),
            publication.doi,
            *(doi for doi, _ in datasets),
        ],
        "subjects": [
            *publication.techniques.values_list("name", flat=True),
            # Whoever looks for a broad technique wants the narrower ones too.
            *TechniqueAncestor.objects.filter(technique__publications=publication)
            .order_by("ancestor__name")
            .values_list("ancestor__name", flat=True)
            .distinct(),
            *(str(one.get("text", "")) for one in publication.subjects),
            publication.venue,
            publication.publisher,
            *(title for _, title in datasets),
            *(text for target in targets for text in target),
        ],
        "body": [publication.abstract],
    }


def _names_of(creators: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    for creator in creators if isinstance(creators, list) else ():
        if isinstance(creator, dict):
            yield str(creator.get("name", ""))
            yield str(creator.get("orcid", ""))


def _kept_words(text: str) -> Iterable[str]:
    return (word for word in text.split() if word.isalpha() and _SHORTEST_WORD <= len(word) <= _LONGEST_WORD)
