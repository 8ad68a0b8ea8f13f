"""What repositories and catalogues of data say, and which of it is believed."""

from __future__ import annotations

import json
from datetime import date

import pytest

from catalog.causes import CausedError
from catalog.exposure.record import File, Instrument, Organisation, Quantity, Subject
from catalog.sources import Creator, DatasetFacts, Funder, Related
from tests.catalog.sources.serving import ARTICLE, DATA, ZENODO_CODE, ZENODO_DATA, Sources, fixture

CARBERRY = "0000-0002-1825-0097"
TOMOGRAPHY = Subject(
    "x-ray tomography",
    "http://purl.org/pan-science/PaNET/PaNET01124",
    "PaNET",
    "http://purl.org/pan-science/PaNET/",
)


def only_dataset(served: Sources, reference: str, **named: tuple[str, ...]) -> DatasetFacts:
    known = served.look_up(reference, follows=False, **named)
    assert len(known.datasets) == 1
    return known.datasets[0].facts


def test_a_record_of_zenodo_brings_its_files_with_checksums(served: Sources) -> None:
    facts = only_dataset(served, "https://zenodo.org/records/99000002")
    assert facts.doi == ZENODO_DATA
    assert facts.title == "Images of broken pots"
    assert facts.description == "Images of pots at 5 K.\n\nTaken at the example beamline."
    assert facts.creators == (
        Creator("Josiah Carberry", "Josiah", "Carberry", CARBERRY, (Organisation("Brown University"),)),
        Creator("Example Beamline Group"),
    )
    assert facts.files[0] == File(
        "pots.h5",
        1048576,
        md5="0123456789abcdef0123456789abcdef",
        url="https://zenodo.org/api/records/99000002/files/pots.h5/content",
    )
    assert (len(facts.files), facts.size_bytes) == (2, 1049088)
    assert (facts.access, facts.licence, facts.version) == ("open", "CC-BY-4.0", "1.1")
    assert facts.published_on == date(2021, 3, 2)
    assert facts.concept_doi == "10.5281/zenodo.99000001"
    assert facts.subjects == (Subject("pots"), Subject("tomography"))
    assert facts.funders == (
        Funder(
            "European Commission",
            "https://doi.org/10.13039/501100000780",
            "823852",
            "Photon and Neutron Open Science Cloud",
        ),
    )
    assert facts.related[0] == Related("IsSupplementTo", ARTICLE, "publication")


def test_the_doi_of_all_versions_is_kept_and_leads_to_the_newest(served: Sources) -> None:
    served.serve("/zenodo/api/records/99000001", b"", 301, Location="/zenodo/api/records/99000002")
    known = served.look_up("10.5281/zenodo.99000001", follows=False)
    (dataset,) = known.datasets
    assert dataset.facts.doi == "10.5281/zenodo.99000001"
    assert (
        "10.5281/zenodo.99000001 names all versions; the files are of the newest, 10.5281/zenodo.99000002."
        in known.notes
    )


def test_a_file_in_a_directory_of_a_record_keeps_its_path(served: Sources) -> None:
    facts = only_dataset(served, "https://zenodo.org/records/99000012")
    assert (facts.type, facts.files[0].path) == ("Software", "example/broken-pots-v1.0.zip")


def test_a_repository_that_answers_as_zenodo_is_found_by_where_a_doi_leads(served: Sources) -> None:
    record = json.loads(fixture("datacite/10.5281_zenodo.99000002.json"))
    record["data"]["attributes"]["url"] = f"{served.host.url}/record/7"
    served.serve("/doi/10.5072%2Frodare.7", b'{"title": "Images of broken pots", "type": "dataset"}')
    served.serve("/datacite/dois/10.5072%2Frodare.7", json.dumps(record).encode())
    answer = fixture("zenodo/99000002.json").replace(b"10.5281/zenodo.99000002", b"10.5072/rodare.7")
    served.serve("/api/records/7", answer)
    (dataset,) = served.look_up("10.5072/rodare.7", follows=False, invenio=(served.host.url,), gitlab=()).datasets
    assert dataset.provenance["files"] == "127.0.0.1"
    assert dataset.facts.files[0].md5 == "0123456789abcdef0123456789abcdef"


def test_an_article_of_figshare_brings_files_embargo_and_paper(served: Sources) -> None:
    facts = only_dataset(served, "10.6084/m9.figshare.99000003")
    assert facts.doi == "10.6084/m9.figshare.99000003"
    assert facts.files == (
        File("shards.csv", 2048, "text/csv", md5="0f" * 16, url="https://ndownloader.figshare.com/files/11"),
        File("elsewhere", url="https://example.org/shards"),
    )
    assert (facts.access, facts.embargo_until) == ("embargoed", date(2031, 2, 1))
    assert facts.related[0] == Related("IsSupplementTo", ARTICLE, "publication")
    assert facts.related[-1] == Related("References", "https://github.com/example/broken-pots", "repository")


def test_a_dataset_of_a_dataverse_is_found_by_its_page(served: Sources) -> None:
    served.serve("/api/datasets/:persistentId/", fixture("dataverse/POTS.json"))
    facts = only_dataset(served, f"{served.host.url}/dataset.xhtml?persistentId=doi:10.5072/FK2/POTS")
    assert facts.title == "Glazes of broken pots"
    assert facts.creators == (
        Creator("Josiah Carberry", "Josiah", "Carberry", CARBERRY, (Organisation("Brown University"),)),
    )
    assert [(one.path, one.size_bytes) for one in facts.files] == [("spectra/2020/glaze.tab", 59), ("raw.bin", 4096)]
    assert facts.files[0].md5 == "70e2afd3fd7e336ae478b1e740a5f08e"
    assert facts.files[0].url == f"{served.host.url}/api/access/datafile/7132"
    assert facts.files[1].sha256 == "a" * 64
    assert (facts.access, facts.licence, facts.version) == ("restricted", "CC0-1.0", "1.2")
    assert facts.related == (Related("IsSupplementTo", ARTICLE, "publication"),)
    assert facts.subjects == (Subject("glaze"), Subject("Physics"))


def test_a_doi_that_leads_to_a_dataverse_is_asked_for_there(served: Sources) -> None:
    record = json.loads(fixture("datacite/10.5281_zenodo.99000002.json"))
    record["data"]["attributes"]["url"] = f"{served.host.url}/dataset.xhtml?persistentId=doi:10.5072/FK2/POTS"
    served.serve("/datacite/dois/10.5072%2Ffk2%2Fpots", json.dumps(record).encode())
    served.serve("/doi/10.5072%2Ffk2%2Fpots", b'{"title": "Glazes of broken pots", "type": "dataset"}')
    served.serve("/api/datasets/:persistentId/", fixture("dataverse/POTS.json"))
    (dataset,) = served.look_up("10.5072/FK2/POTS", follows=False).datasets
    assert dataset.provenance["files"] == "Dataverse"
    assert len(dataset.facts.files) == 2


def test_data_of_a_facility_bring_instrument_and_technique(served: Sources) -> None:
    served.serve("/panosc/Datasets/10.5072%2Freprise.data", fixture("panosc/dataset.json"))
    (dataset,) = served.look_up(DATA, follows=False, panosc=(f"{served.host.url}/panosc",)).datasets
    facts = dataset.facts
    source = Organisation("Example Source")
    assert facts.title == "Raw data of a study of broken pots"
    assert facts.instruments == (Instrument("ID99", "21.T11998/0000-001A", source),)
    assert facts.facility == source
    assert facts.techniques == (TOMOGRAPHY,)
    assert facts.quantities == (Quantity("photon_energy", 12.4, "keV"), Quantity("formula", "SiO2"))
    assert facts.files == (File("raw/scan-1.h5", 2097152), File("raw/scan-2.h5", 1048576))
    assert (facts.access, facts.size_bytes) == ("open", 3145728)
    assert dataset.provenance["title"] == "DataCite"
    assert dataset.provenance["instruments"] == "PaNOSC Search"
    assert [conflict.field for conflict in dataset.conflicts] == ["title", "creators"]


def test_a_document_of_a_facility_names_its_datasets_and_when_it_is_released(served: Sources) -> None:
    doi = "10.5072/reprise.session"
    served.serve(f"/doi/{doi.replace('/', '%2F')}", b'{"title": "Session 12 on broken pots", "type": "dataset"}')
    served.serve("/panosc/Documents/10.5072%2Freprise.session", fixture("panosc/document.json"))
    facts = only_dataset(served, doi, panosc=(f"{served.host.url}/panosc",))
    assert (facts.access, facts.embargo_until, facts.size_bytes) == ("restricted", date(2031, 5, 1), 300)
    assert facts.related == (Related("HasPart", "10.5072/reprise.scan1", "dataset"),)


def test_published_data_of_scicat_bring_files_that_stay_inside(served: Sources) -> None:
    doi = "10.5072/reprise.scicat"
    served.serve("/scicat/publisheddata/10.5072%2Freprise.scicat", fixture("scicat/published.json"))
    served.serve("/scicat/datasets/20.500.12269%2Fabc/origdatablocks", fixture("scicat/origdatablocks.json"))
    facts = only_dataset(served, f"{served.host.url}/detail/{doi}", scicat=(f"{served.host.url}/scicat",))
    assert facts.files == (File("images/a.nxs", 100, sha256="b" * 64), File("images/b.nxs", 200))
    assert [one.name for one in facts.creators] == ["Josiah Carberry", "Ana Beispiel"]
    assert (facts.published_on, facts.access) == (date(2021, 4, 1), "open")
    assert facts.related == (Related("IsSupplementTo", ARTICLE, "other"),)


def test_scicat_of_version_4_is_read_alike(served: Sources) -> None:
    older = json.loads(fixture("scicat/published.json"))
    newer = {name: older[name] for name in ("doi", "title", "abstract", "registeredTime", "status")}
    newer["metadata"] = {
        "publisher": {"name": "ESS"},
        "publicationYear": 2021,
        "creators": [{"name": "Josiah Carberry"}, {"name": "Ana Beispiel"}],
        "relatedIdentifiers": [{"relatedIdentifier": ARTICLE, "relationType": "IsSupplementTo"}],
    }
    newer["datasetPids"] = older["pidArray"]
    served.serve("/scicat/publisheddata/10.5072%2Freprise.scicat", json.dumps(newer).encode())
    served.serve("/scicat/datasets/20.500.12269%2Fabc/origdatablocks", fixture("scicat/origdatablocks.json"))
    url = f"{served.host.url}/detail/10.5072/reprise.scicat"
    facts = only_dataset(served, url, scicat=(f"{served.host.url}/scicat",))
    assert [one.name for one in facts.creators] == ["Josiah Carberry", "Ana Beispiel"]
    assert facts.publisher == Organisation("ESS")
    assert facts.related == (Related("IsSupplementTo", ARTICLE, "other"),)
    assert len(facts.files) == 2


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        (b'{"id": "cc-zero"}', "CC0-1.0"),
        (b'{"id": "mit"}', "MIT"),
        (b'"cc-by-4.0"', "CC-BY-4.0"),
        (b'{"id": "other-open"}', ""),
    ],
)
def test_the_licence_of_a_record_is_named_as_spdx_has_it(said: bytes, licence: str, served: Sources) -> None:
    record = fixture("zenodo/99000002.json").replace(b'{"id": "cc-by-4.0"}', said)
    served.serve("/zenodo/api/records/99000002", record)
    assert only_dataset(served, "https://zenodo.org/records/99000002").licence == licence


def test_the_scientific_metadata_of_scicat_become_quantities_with_units(served: Sources) -> None:
    served.serve("/scicat/publisheddata/10.5072%2Freprise.scicat", fixture("scicat/published.json"))
    served.serve("/scicat/datasets/20.500.12269%2Fabc", fixture("scicat/dataset.json"))
    url = f"{served.host.url}/detail/10.5072/reprise.scicat"
    facts = only_dataset(served, url, scicat=(f"{served.host.url}/scicat",))
    assert facts.quantities == (
        Quantity("wavelength", 4.2, "Å"),
        Quantity("Number of projections", 1801.0),
        Quantity("Exposure time", 0.4, "s"),
        Quantity("sample: name", "pot 7"),
        Quantity("temperature", 278.15, "K"),
        Quantity("chemical_formula", "Al2Si2O5(OH)4"),
        Quantity("start_time", "2021-01-01T09:30:12.987Z"),
        Quantity("detector: name", "camera"),
    )
    assert facts.notes == ("Of its scientific metadata 3 values were left out: no number and no text of one line.",)


def test_scicat_that_shows_no_files_still_tells_the_rest(served: Sources) -> None:
    served.serve("/scicat/publisheddata/10.5072%2Freprise.scicat", fixture("scicat/published.json"))
    served.serve("/scicat/datasets/20.500.12269%2Fabc/origdatablocks", b"", 401)
    url = f"{served.host.url}/detail/10.5072/reprise.scicat"
    assert only_dataset(served, url, scicat=(f"{served.host.url}/scicat",)).files == ()


def test_a_record_of_oai_pmh_is_read_as_datacite(served: Sources) -> None:
    query = "?verb=GetRecord&metadataPrefix=oai_datacite&identifier=oai%3Adata.example.org%3A1"
    served.serve(f"/oai{query}", fixture("oai_pmh/oai_datacite.xml"))
    facts = only_dataset(served, "oai:data.example.org:1", oai=(f"{served.host.url}/oai",))
    assert facts.doi == "10.5072/reprise.oai"
    assert facts.creators == (
        Creator(
            "Josiah Carberry",
            "Josiah",
            "Carberry",
            CARBERRY,
            (Organisation("Brown University", "https://ror.org/05gq02987"),),
        ),
    )
    assert facts.techniques[0].uri == "http://purl.org/pan-science/PaNET/PaNET01189"
    assert facts.subjects == (Subject("pots"),)
    assert (facts.access, facts.embargo_until, facts.licence) == ("embargoed", date(2031, 5, 1), "CC-BY-4.0")
    assert facts.funders[0].award == "823852"
    assert facts.related == (Related("IsSupplementTo", ARTICLE, "publication"),)


def test_dublin_core_is_taken_where_a_provider_has_no_other(served: Sources) -> None:
    query = "?verb=GetRecord&metadataPrefix={}&identifier=oai%3Adata.example.org%3A1"
    served.serve(f"/oai{query.format('oai_datacite')}", fixture("oai_pmh/error.xml"))
    served.serve(f"/oai{query.format('oai_dc')}", fixture("oai_pmh/oai_dc.xml"))
    address = f"{served.host.url}/oai?verb=GetRecord&identifier=oai:data.example.org:1&metadataPrefix=oai_dc"
    facts = only_dataset(served, address)
    assert (facts.doi, facts.title) == ("10.5072/reprise.oai", "Small-angle scattering of broken pots")
    assert (facts.published_on, facts.access) == (date(2021, 5, 1), "open")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Be back soon",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<OAI-PMH><GetRecord><record><header status='deleted'/></record></GetRecord></OAI-PMH>",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        fixture("oai_pmh/error.xml"),
    ],
    ids=["empty", "html", "entity", "external", "deep", "deleted", "encoding", "error"],
)
def test_xml_that_is_no_record_ends_in_a_cause(body: bytes, served: Sources) -> None:
    served.serve("/oai", body)
    with pytest.raises(CausedError) as failure:
        served.look_up("oai:data.example.org:1", oai=(f"{served.host.url}/oai",))
    assert failure.value.cause.id == "metadata-unreachable"


def test_datacites_record_tells_technique_instrument_and_access(served: Sources) -> None:
    served.serve("/doi/10.5281%2Fzenodo.99000002", b'{"title": "Images of broken pots", "type": "dataset"}')
    served.serve("/datacite/dois/10.5281%2Fzenodo.99000002", fixture("datacite/10.5281_zenodo.99000002.json"))
    known = served.look_up(ZENODO_DATA, follows=False)
    (dataset,) = known.datasets
    assert dataset.facts.techniques == (TOMOGRAPHY,)
    assert dataset.facts.instruments == (Instrument("ID99", "10.5072/id99"),)
    assert dataset.provenance["techniques"] == "DataCite"
    assert dataset.provenance["files"] == "Zenodo"
    assert dataset.facts.licence == "CC-BY-4.0"
    assert (
        "Zenodo and DataCite disagree on the licence: “CC-BY-4.0” is kept, the other is “CC-BY-SA-4.0”." in known.notes
    )


def test_code_that_is_kept_as_data_is_told_from_data(served: Sources) -> None:
    assert only_dataset(served, ZENODO_CODE).type == "Software"
