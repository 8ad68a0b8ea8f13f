"""Relations have opposites, and a record is told what others say of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from catalog.exposure.record import Identifier, Record, Relation
from catalog.exposure.relations import OPPOSITES, Addition, both_ways, name_of, relation_to, with_additions

THEN = datetime(2026, 1, 1, tzinfo=UTC)
# As datacite-relationType-v4.xsd of https://schema.datacite.org/meta/kernel-4.7/ has them.
RELATION_TYPES = {
    "IsCitedBy",
    "Cites",
    "IsSupplementTo",
    "IsSupplementedBy",
    "IsContinuedBy",
    "Continues",
    "IsNewVersionOf",
    "IsPreviousVersionOf",
    "IsPartOf",
    "HasPart",
    "IsPublishedIn",
    "IsReferencedBy",
    "References",
    "IsDocumentedBy",
    "Documents",
    "IsCompiledBy",
    "Compiles",
    "IsVariantFormOf",
    "IsOriginalFormOf",
    "IsIdenticalTo",
    "HasMetadata",
    "IsMetadataFor",
    "Reviews",
    "IsReviewedBy",
    "IsDerivedFrom",
    "IsSourceOf",
    "Describes",
    "IsDescribedBy",
    "HasVersion",
    "IsVersionOf",
    "Requires",
    "IsRequiredBy",
    "Obsoletes",
    "IsObsoletedBy",
    "Collects",
    "IsCollectedBy",
    "HasTranslation",
    "IsTranslationOf",
    "Other",
}


def record(key: str, *relations: Relation, doi: str = "", at: datetime = THEN) -> Record:
    return Record(
        key=key,
        kind="publication",
        url=f"https://x.org/{key}",
        title=key.upper(),
        resource_type="Text",
        created_at=at,
        updated_at=at,
        doi=doi,
        relations=relations,
    )


def test_every_relation_is_one_of_datacite_4_7_and_all_but_two_have_an_opposite() -> None:
    assert RELATION_TYPES - OPPOSITES.keys() == {"IsPublishedIn", "Other"}
    assert OPPOSITES.keys() < RELATION_TYPES
    assert all(OPPOSITES[OPPOSITES[one]] == one for one in OPPOSITES)


def test_what_one_says_of_another_the_other_says_too_and_it_is_news_of_it() -> None:
    paper = record("paper", doi="10.5072/p")
    review = record("review", relation_to(paper, "Reviews"), at=THEN + timedelta(days=1))
    told, unchanged = both_ways([paper, review])
    assert told.relations == (
        Relation("IsReviewedBy", Identifier("URL", "https://x.org/review"), "Text", "review", "REVIEW"),
    )
    assert told.updated_at == review.created_at
    assert unchanged == review
    assert both_ways([told, review]) == (told, review)


def test_what_is_said_already_is_not_said_twice_and_no_news() -> None:
    review = record("review", at=THEN + timedelta(days=1))
    paper = record("paper", relation_to(review, "IsReviewedBy"))
    again = replace(review, relations=(relation_to(paper, "Reviews"),))
    assert both_ways([paper, again]) == (paper, again)


def test_what_is_said_of_strangers_stays_one_way() -> None:
    stranger = Relation("Cites", Identifier("DOI", "10.5072/far"), key="publication/10.5072/far")
    assert both_ways([record("paper", stranger)]) == (record("paper", stranger),)


def test_a_record_is_called_by_its_doi_else_by_its_address() -> None:
    assert name_of(record("a", doi="10.5072/a")) == Identifier("DOI", "10.5072/a")
    assert name_of(record("a")) == Identifier("URL", "https://x.org/a")


def test_what_another_room_knows_of_a_record_is_added_to_it_once_and_is_news_of_it() -> None:
    part = Relation("HasPart", Identifier("URL", "https://x.org/figures/1"), "Image")
    later = THEN + timedelta(days=3)
    added = Addition("publication/a", (part, part), later)
    (told, other) = with_additions([added, record("publication/a"), record("publication/b")])
    assert (told.relations, told.updated_at) == ((part,), later)
    assert (other.relations, other.updated_at) == ((), THEN)


def test_an_addition_to_a_record_that_is_not_told_is_dropped() -> None:
    part = Relation("HasPart", Identifier("URL", "https://x.org/figures/1"), "Image")
    assert with_additions([Addition("publication/draft", (part,), THEN)]) == ()
