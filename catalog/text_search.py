"""Search the words of publications: PostgreSQL's full text search or SQLite's FTS5, by which the database is."""

from __future__ import annotations

from typing import Final

from django.db import connection
from django.db.models import FloatField
from django.db.models.expressions import RawSQL

from catalog.models import PublicationQuerySet, SearchWord
from catalog.search_terms import (
    LEAST_FOR_TYPOS,
    Term,
    Terms,
    as_fts5,
    as_tsquery,
    nearest_word,
    read_terms,
    with_words,
)

_MATCHING: Final = {
    "postgresql": "SELECT publication_id FROM catalog_searchdocument WHERE vector @@ to_tsquery('english', %s)",
    "sqlite": (
        "SELECT d.publication_id FROM catalog_search_fts f JOIN catalog_searchdocument d ON d.id = f.rowid"
        " WHERE catalog_search_fts MATCH %s"
    ),
}
# The weights of title, names, subjects and body, in each database's own way; more is better in both.
_RANK: Final = {
    "postgresql": (
        "(SELECT ts_rank_cd('{0.1, 0.5, 0.6, 1.0}', d.vector, to_tsquery('english', %s))"
        " FROM catalog_searchdocument d WHERE d.publication_id = catalog_publication.id)"
    ),
    "sqlite": (
        "(SELECT -bm25(catalog_search_fts, 10.0, 6.0, 5.0, 1.0)"
        " FROM catalog_search_fts f JOIN catalog_searchdocument d ON d.id = f.rowid"
        " WHERE catalog_search_fts MATCH %s AND d.publication_id = catalog_publication.id)"
    ),
}


def with_text(publications: PublicationQuerySet, text: str) -> PublicationQuerySet:
    """Return those that have all that was typed: words by their stem or beginning, phrases, and none with a minus."""
    terms = read_terms(text)
    if text and not terms.wanted and not terms.unwanted:
        # Signs alone are in no text.
        return publications.none()
    if terms.wanted:
        publications = publications.filter(pk__in=_matching(_joined(terms)))
    for term in terms.unwanted:
        publications = publications.exclude(pk__in=_matching(_of_one(term)))
    return publications


def best_first(publications: PublicationQuerySet, text: str) -> PublicationQuerySet:
    """Order by how well they fit what was typed, the newest first among equals."""
    terms = read_terms(text)
    if not terms.wanted:
        return publications
    rank = RawSQL(_RANK[connection.vendor], [_joined(terms)], output_field=FloatField())  # noqa: S611 - constant
    return publications.annotate(rank=rank).order_by("-rank", "-created_at", "-pk")


def meant_text(text: str) -> str | None:
    """Return what was probably meant where words are unknown here, None where all are known or nothing is like them."""
    words = {word for term in read_terms(text).wanted if not term.is_quoted for word in term.words}
    doubtful = sorted(word for word in words if len(word) >= LEAST_FOR_TYPOS and word.isalpha())
    meant: dict[str, str] = {}
    for word in doubtful:
        if SearchWord.objects.filter(word__startswith=word).exists():
            continue
        # The first letter is seldom the wrong one, and this keeps a large vocabulary from being read.
        near = SearchWord.objects.filter(word__startswith=word[0]).values_list("word", flat=True)
        found = nearest_word(word, near)
        if found is not None:
            meant[word] = found
    return with_words(text, meant) if meant else None


def _matching(query: str) -> RawSQL:
    return RawSQL(_MATCHING[connection.vendor], [query])  # noqa: S611 - constant, with a parameter


def _joined(terms: Terms) -> str:
    parts = [f"({_of_one(term)})" for term in terms.wanted]
    return (" & " if connection.vendor == "postgresql" else " AND ").join(parts)


def _of_one(term: Term) -> str:
    return as_tsquery(term) if connection.vendor == "postgresql" else as_fts5(term)
