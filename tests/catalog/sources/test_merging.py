"""Several statements of one thing: who is believed, what is added, what is said to contradict."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from catalog.exposure.record import File, Organisation
from catalog.sources import Creator, DatasetFacts
from catalog.sources.merging import merge

PLAIN = DatasetFacts(title="Pots")


def test_the_first_that_knows_is_believed_and_named() -> None:
    merged = merge([("A", replace(PLAIN, version="1")), ("B", replace(PLAIN, description="Of pots"))])
    assert (merged.facts.version, merged.facts.description) == ("1", "Of pots")
    assert merged.provenance["version"] == "A"
    assert merged.provenance["description"] == "B"
    assert merged.conflicts == ()


def test_a_contradiction_is_said_and_the_first_stands() -> None:
    merged = merge([("A", replace(PLAIN, access="open")), ("B", replace(PLAIN, access="restricted"))])
    assert merged.facts.access == "open"
    assert merged.conflicts[0].sentence == "A and B disagree on the access: “open” is kept, the other is “restricted”."


def test_what_differs_in_case_and_punctuation_alone_is_no_contradiction() -> None:
    assert merge([("A", DatasetFacts("Pots, broken")), ("B", DatasetFacts("POTS — broken."))]).conflicts == ()


def test_an_access_that_is_not_stated_gives_way() -> None:
    assert merge([("A", PLAIN), ("B", replace(PLAIN, access="embargoed"))]).facts.access == "embargoed"


def test_a_date_is_made_more_exact_by_one_that_agrees_with_it() -> None:
    year = replace(PLAIN, published_on=date(2021, 1, 1), published_precision="year")
    day = replace(PLAIN, published_on=date(2021, 5, 4), published_precision="day")
    other = replace(PLAIN, published_on=date(2019, 5, 4), published_precision="day")
    assert merge([("A", year), ("B", day)]).facts.published_on == date(2021, 5, 4)
    assert merge([("A", year), ("B", day)]).provenance["published_on"] == "B"
    assert merge([("A", year), ("B", other)]).facts.published_on == date(2021, 1, 1)
    assert [one.field for one in merge([("A", year), ("B", other)]).conflicts] == ["published_on"]


def test_a_person_gets_the_identifier_of_the_one_person_of_that_name() -> None:
    first = replace(PLAIN, creators=(Creator("J. Carberry", "Josiah", "Carberry"), Creator("Li Wei", "Wei", "Li")))
    second = replace(
        PLAIN,
        creators=(
            Creator("Josiah Carberry", "Josiah", "Carberry", "0000-0002-1825-0097", (Organisation("Brown"),)),
            Creator("Wei Li", "Wei", "Li", "0000-0001-5109-3700"),
            Creator("Wei Li", "Wei", "Li"),
        ),
    )
    merged = merge([("A", first), ("B", second)])
    carberry, li = merged.facts.creators
    assert (carberry.name, carberry.orcid) == ("J. Carberry", "0000-0002-1825-0097")
    assert carberry.affiliations == (Organisation("Brown"),)
    assert li.orcid is None
    assert merged.provenance["creators"] == "A, B"


def test_a_file_gets_the_checksum_of_the_same_path_and_size_alone() -> None:
    first = replace(PLAIN, files=(File("a", 1), File("b", 2)))
    second = replace(PLAIN, files=(File("a", 1, sha256="a" * 64), File("b", 3, sha256="b" * 64), File("c", 1)))
    merged = merge([("A", first), ("B", second)])
    assert merged.facts.files == (File("a", 1, sha256="a" * 64), File("b", 2))
    assert [one.field for one in merged.conflicts] == ["file b"]
