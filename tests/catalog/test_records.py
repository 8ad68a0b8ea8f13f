"""Publications and datasets as records: what is kept is told, in the words of the record, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from catalog.exposure.record import File, Funding, Instrument, Licence, Organisation, Person, Quantity, Record, Subject
from catalog.models import Dataset, Facility, Publication, Technique
from catalog.models import Instrument as KnownInstrument
from catalog.records import dataset_record, publication_record, records_of, resource_type
from catalog.techniques import load_shipped

PANET = "http://purl.org/pan-science/PaNET/"


def record_of(publication: Publication, **changes: Any) -> Record:  # noqa: ANN401 - fields of the model
    for name, value in changes.items():
        setattr(publication, name, value)
    return publication_record(publication, list(publication.datasets.all()))


@pytest.fixture
def dataset(publication: Publication) -> Dataset:
    made = Dataset.objects.create(
        doi="10.5072/data",
        title="Curves",
        access="open",
        files=[{"path": "a.h5", "size_bytes": 3, "sha256": "aa", "url": "https://data.example.org/a.h5"}],
    )
    made.publications.add(publication)
    return made


def test_people_come_with_their_ids_and_places(publication: Publication) -> None:
    creators = [
        {
            "name": "O. Olsson",
            "given": "O.",
            "family": "Olsson",
            "orcid": "0000-0002-1825-0097",
            "affiliations": [{"name": "Example Source", "ror": "https://ror.org/01zy2cs03"}, {"ror": "no name"}],
        },
        {"name": "The Group", "is_group": True},
        {"given": "nobody"},
        "no entry",
    ]
    assert record_of(publication, creators=creators).creators == (
        Person(
            "O. Olsson",
            "O.",
            "Olsson",
            "0000-0002-1825-0097",
            (Organisation("Example Source", "https://ror.org/01zy2cs03"),),
        ),
        Person("The Group", is_group=True),
    )


def test_techniques_come_with_all_that_are_broader(publication: Publication) -> None:
    load_shipped()
    record = record_of(publication)
    sans = Subject("small angle neutron scattering", f"{PANET}PaNET01189", "PaNET", f"{PANET}PaNET.owl")
    assert record.techniques == (sans,)
    assert {one.text for one in record.broader_techniques} >= {"small angle scattering", "neutron probe technique"}
    assert sans not in record.broader_techniques


def test_a_technique_that_panet_lacks_is_a_word(publication: Publication) -> None:
    publication.techniques.set([Technique.objects.create(name="tasting")])
    assert record_of(publication).techniques == (Subject("tasting"),)


def test_facility_instruments_funding_and_keywords_are_told(publication: Publication) -> None:
    facility = publication.facility
    assert facility is not None
    Facility.objects.filter(pk=facility.pk).update(ror="https://ror.org/01zy2cs03")
    facility.refresh_from_db()
    publication.instruments.add(KnownInstrument.objects.create(name="D22", pid="10.5291/d22", facility=facility))
    record = record_of(
        publication,
        funding=[{"funder": "EC", "award": "823852", "identifier": "https://ror.org/00k4n6c32"}, {"award": "nobody's"}],
        subjects=[{"text": "silica"}, {"uri": "https://x.org/1"}],
    )
    place = Organisation("Example Source", "https://ror.org/01zy2cs03")
    assert (record.facility, record.facility_slug) == (place, "example-source")
    assert record.instruments == (Instrument("D22", "10.5291/d22", place),)
    assert record.funding == (Funding("EC", "https://ror.org/00k4n6c32", "823852"),)
    assert record.subjects == (Subject("silica"),)


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("", None),
        ("CC-BY-4.0", Licence("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0")),
        ("MIT", Licence("MIT", "https://spdx.org/licenses/MIT.html", "MIT")),
        ("MIT OR CC0-1.0", Licence("MIT OR CC0-1.0", "", "MIT OR CC0-1.0")),
        ("https://x.org/terms", Licence("https://x.org/terms", "https://x.org/terms")),
        ("ask the author", Licence("ask the author")),
    ],
)
def test_a_licence_is_named_by_spdx_where_it_can_be(kept: str, told: Licence | None, publication: Publication) -> None:
    assert record_of(publication, licence=kept).licence == told


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("journal-article", "JournalArticle"),
        ("article-journal", "JournalArticle"),
        ("Preprint", "Preprint"),
        ("", "Text"),
        ("song", "Text"),
    ],
)
def test_the_type_is_one_of_datacite(word: str, told: str) -> None:
    assert resource_type(word) == told


def test_a_date_says_how_much_of_it_is_known(publication: Publication) -> None:
    record = record_of(publication, published_on=date(2020, 1, 1), published_precision="year", language="en")
    assert (record.published_on, record.published_precision, record.language) == (date(2020, 1, 1), "year", "en")


def test_what_the_source_says_of_others_is_told_once_and_by_relations_of_datacite(
    publication: Publication, dataset: Dataset
) -> None:
    record = record_of(
        publication,
        related=[
            {"relation": "IsSupplementedBy", "identifier": dataset.doi, "kind": "dataset"},
            {"relation": "IsSupplementedBy", "identifier": "https://git.example.org/a", "kind": "repository"},
            {"relation": "HasPreprint", "identifier": "10.5072/early", "kind": "other"},
        ],
    )
    assert [(one.relation, one.identifier.value, one.resource_type, one.key) for one in record.relations] == [
        ("IsSupplementedBy", "10.5072/data", "Dataset", "dataset/10.5072/data"),
        ("IsSupplementedBy", "https://git.example.org/a", "Software", ""),
    ]


def test_a_dataset_says_what_rests_on_it_and_of_what_it_is_part(publication: Publication, dataset: Dataset) -> None:
    collection = Dataset.objects.create(doi="10.5072/all", title="All")
    collection.publications.add(publication)
    hidden = Dataset.objects.create(doi="10.5072/hidden", title="Hidden", parent=dataset)
    dataset.parent = collection
    dataset.save()
    relations = {(one.relation, one.key) for one in dataset_record(dataset).relations}
    assert relations == {
        ("IsReferencedBy", f"publication/{publication.doi}"),
        ("IsReferencedBy", f"notebooks/{publication.doi}"),
        ("IsRequiredBy", f"notebooks/{publication.doi}"),
        ("IsPartOf", "dataset/10.5072/all"),
    }
    assert ("HasPart", "dataset/10.5072/data") in {
        (one.relation, one.key) for one in dataset_record(collection).relations
    }
    assert hidden.doi not in str(dataset_record(dataset))


@pytest.mark.parametrize(("access", "are_told"), [("open", True), ("embargoed", False), ("restricted", False)])
def test_files_are_told_only_while_they_are_open(access: str, are_told: bool, dataset: Dataset) -> None:
    dataset.access, dataset.embargo_until = access, date(2030, 1, 1)
    record = dataset_record(dataset)
    told = (File("a.h5", 3, "application/x-hdf5", "aa", "", "https://data.example.org/a.h5"),)
    assert record.files == (told if are_told else ())
    assert (record.access, record.embargo_until, record.size_bytes) == (access, date(2030, 1, 1), 3)


def test_what_a_source_says_of_a_type_goes_before_the_name_of_the_file(dataset: Dataset) -> None:
    dataset.files = [{"path": "a.h5", "media_type": "application/x-own"}, {"path": "b.NXS"}, {"path": "c.unknown"}]
    told = [one.media_type for one in dataset_record(dataset).files]
    assert told == ["application/x-own", "application/x-hdf5", ""]


def test_the_size_of_files_of_which_one_is_unknown_is_unknown(dataset: Dataset) -> None:
    dataset.files = [{"path": "a", "size_bytes": 0}, {"path": "b"}]
    assert dataset_record(dataset).size_bytes is None


def test_a_dataset_was_last_changed_when_the_last_publication_came_to_it(
    publication: Publication, dataset: Dataset
) -> None:
    Publication.objects.filter(pk=publication.pk).update(state_changed_at=datetime(2099, 1, 1, tzinfo=UTC))
    assert dataset_record(dataset).updated_at == datetime(2099, 1, 1, tzinfo=UTC)


def test_a_draft_has_no_records(draft: Publication, dataset: Dataset) -> None:
    dataset.publications.set([draft])
    assert list(records_of(draft)) == []


def test_what_was_measured_is_told_where_it_is_a_number_or_a_text(dataset: Dataset) -> None:
    dataset.quantities = [
        {"name": "wavelength", "value": 0.6, "unit": "nm"},
        {"name": "formula", "value": "SiO2"},
        {"name": "shape", "value": [1, 2]},
        {"value": 1},
        "nothing",
    ]
    assert dataset_record(dataset).quantities == (Quantity("wavelength", 0.6, "nm"), Quantity("formula", "SiO2"))
