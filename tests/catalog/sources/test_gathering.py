"""From any of paper, data, code and repository the others are found, and what is missing is said."""

from __future__ import annotations

import json
import time
from urllib.parse import quote

import pytest

from catalog.causes import CausedError
from catalog.sources import Related
from tests.catalog.sources.serving import ARTICLE, DATA, REPOSITORY, ZENODO_CODE, ZENODO_DATA, Sources, fixture


def serve_naming(served: Sources) -> None:
    served.serve("/datacite/dois", fixture("datacite/naming.json"))


def test_a_paper_leads_to_its_data_and_repository(served: Sources) -> None:
    known = served.look_up(ARTICLE)
    assert known.publication is not None
    assert known.publication.facts.title == "Toward a Unified Theory of Broken Pots"
    assert next(one.facts.doi for one in known.datasets) == DATA
    (repository,) = known.repositories
    assert repository.facts.url == REPOSITORY
    assert repository.facts.reason.startswith("Crossref: the publication's record names it (IsSupplementedBy).")
    assert Related("IsSupplementedBy", DATA, "dataset") in known.publication.facts.related


def test_data_and_code_that_name_a_paper_are_found_though_it_does_not_name_them(served: Sources) -> None:
    serve_naming(served)
    known = served.look_up(ARTICLE)
    dois = [one.facts.doi for one in known.datasets]
    assert {ZENODO_DATA, ZENODO_CODE} <= set(dois)
    assert "10.5281/zenodo.99000001" not in dois
    assert "10.5072/reprise.mention" not in dois
    assert known.publication is not None
    assert Related("IsSupplementedBy", ZENODO_DATA, "dataset") in known.publication.facts.related
    assert Related("IsSupplementedBy", ZENODO_CODE, "software") in known.publication.facts.related
    data = next(one for one in known.datasets if one.facts.doi == ZENODO_DATA)
    assert len(data.facts.files) == 2
    # DataCite's record has the affiliation's identifier, Zenodo's only its name.
    assert data.facts.creators[0].orcid == "0000-0002-1825-0097"


@pytest.mark.parametrize(
    "reference", [ZENODO_DATA, ZENODO_CODE, f"{REPOSITORY}/tree/v1.0", "10.6084/m9.figshare.99000003"]
)
def test_data_code_and_repository_lead_to_the_paper(reference: str, served: Sources) -> None:
    known = served.look_up(reference)
    assert known.publication is not None
    assert known.publication.facts.doi == ARTICLE
    assert known.publication.provenance["title"] == "Crossref"
    assert REPOSITORY in [one.facts.url for one in known.repositories]


def test_archived_code_proposes_the_tag_it_was_made_from(served: Sources) -> None:
    known = served.look_up(ZENODO_CODE)
    assert [(one.facts.url, one.facts.ref) for one in known.repositories] == [(REPOSITORY, "v1.0")]


def test_a_paper_that_names_a_repository_gets_the_tag_that_its_archive_names(served: Sources) -> None:
    serve_naming(served)
    (repository,) = served.look_up(ARTICLE).repositories
    assert repository.facts.ref == "v1.0"
    assert repository.facts.reason.startswith("Crossref: the publication's record names it")
    assert "names it (IsCompiledBy)" in repository.facts.reason


def test_the_keeper_of_data_is_believed_before_who_registered_them(served: Sources) -> None:
    serve_naming(served)
    data = next(one for one in served.look_up(ARTICLE).datasets if one.facts.doi == ZENODO_DATA)
    assert data.provenance["title"] == "Zenodo"
    assert len(data.facts.creators) == 2
    assert [one.sentence for one in data.conflicts] == [
        "Zenodo and DataCite disagree on the creators: “2 of them” is kept, the other is “1 of them”."
    ]
    assert len({(one.relation, one.identifier) for one in data.facts.related}) == len(data.facts.related)


def test_no_repository_and_no_record_is_asked_for_twice(served: Sources) -> None:
    serve_naming(served)
    served.look_up(ARTICLE)
    repeated = [path for path in served.host.paths if served.host.paths.count(path) > 1]
    assert repeated == []


def test_a_paper_that_was_given_stays_the_paper_whatever_its_data_name(served: Sources) -> None:
    record = json.loads(fixture("zenodo/99000002.json"))
    record["metadata"]["related_identifiers"][0]["identifier"] = "10.5555/another"
    served.serve("/zenodo/api/records/99000002", json.dumps(record).encode())
    serve_naming(served)
    known = served.look_up(ARTICLE)
    assert known.publication is not None
    assert known.publication.facts.doi == ARTICLE


def test_what_cannot_be_asked_is_a_note(served: Sources) -> None:
    served.serve("/github/repos/example/broken-pots", b"", 500)
    served.serve(f"/datacite/dois/{quote(DATA, safe='')}", b"", 500)
    served.serve(f"/doi/{quote(DATA, safe='')}", b"", 500)
    known = served.look_up(ARTICLE)
    assert known.publication is not None
    assert known.repositories[0].facts.url == REPOSITORY
    assert any(note.startswith(REPOSITORY) and "answered 500" in note for note in known.notes)
    assert any(note.startswith(DATA) for note in known.notes)


def test_a_source_that_is_slow_costs_no_more_than_the_time_limit(served: Sources) -> None:
    served.host.answers["/github/repos/example/broken-pots"] = lambda handler: time.sleep(3)
    started = time.monotonic()
    known = served.look_up(ARTICLE, asking=served.asking(timeout_s=1.0))
    assert time.monotonic() - started < 2.9
    assert known.publication is not None


def test_many_data_that_name_a_paper_leave_room_for_its_repository(served: Sources) -> None:
    listed = json.loads(fixture("datacite/naming.json"))
    template = json.dumps(listed["data"][1])
    listed["data"] = [
        json.loads(template.replace("zenodo.99000002", f"zenodo.9900{number:04}").replace("IsVersionOf", "IsPartOf"))
        for number in range(100, 120)
    ]
    served.serve("/datacite/dois", json.dumps(listed).encode())
    known = served.look_up(ARTICLE)
    assert len(known.datasets) == 21
    assert known.requests < 40
    assert known.repositories[0].provenance["description"] == "GitHub"
    assert any("were not looked up" in note for note in known.notes)


def test_a_record_that_is_named_as_software_is_no_repository(served: Sources) -> None:
    record = json.loads(fixture("zenodo/99000002.json"))
    record["metadata"]["related_identifiers"][1]["identifier"] = "https://zenodo.org/records/99000012"
    served.serve("/zenodo/api/records/99000002", json.dumps(record).encode())
    known = served.look_up(ZENODO_DATA)
    assert {one.facts.url for one in known.repositories} == {REPOSITORY}
    assert ZENODO_CODE in [one.facts.doi for one in known.datasets]


def test_references_that_lead_in_circles_end(served: Sources) -> None:
    record = json.loads(fixture("zenodo/99000002.json"))
    record["metadata"]["related_identifiers"] = [
        {"identifier": f"10.5281/zenodo.{number}", "relation": "isSupplementTo"} for number in range(99000002, 99000050)
    ]
    served.serve("/zenodo/api/records/99000002", json.dumps(record).encode())
    known = served.look_up(ZENODO_DATA)
    assert known.publication is None
    assert known.requests < 40


@pytest.mark.parametrize("many", [5000])
def test_a_record_with_very_many_relations_is_followed_within_bounds(many: int, served: Sources) -> None:
    work = json.loads(served.host.answers[f"/crossref/works/{quote(ARTICLE, safe='')}"][2])  # type: ignore[index]
    supplements = [{"id-type": "doi", "id": f"10.5072/s{number}"} for number in range(many)]
    work["message"]["relation"] = {"is-supplemented-by": supplements}
    served.serve(f"/crossref/works/{quote(ARTICLE, safe='')}", json.dumps(work).encode())
    known = served.look_up(ARTICLE)
    assert known.requests <= 40
    assert known.publication is not None
    assert len(known.publication.facts.related) <= 200


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ("10.5555/nobody", "doi-unknown"),
        ("https://example.org/some/page.html?x=1", "reference-unsupported"),
        ("https://zenodo.org/records/1", "reference-unknown"),
        ("nonsense", "reference-malformed"),
    ],
)
def test_a_reference_that_nobody_knows_ends_in_a_cause(reference: str, kind: str, served: Sources) -> None:
    with pytest.raises(CausedError) as failure:
        served.look_up(reference)
    assert failure.value.cause.id == kind


def test_the_result_is_json_with_the_source_of_each_field(served: Sources) -> None:
    said = json.loads(json.dumps(served.look_up(ZENODO_DATA).as_dict()))
    assert said["publication"]["facts"]["published_on"] == "2021-03-01"
    dataset = next(one for one in said["datasets"] if one["facts"]["doi"] == ZENODO_DATA)
    assert dataset["provenance"]["files"] == "Zenodo"
    assert dataset["facts"]["files"][0]["path"] == "pots.h5"


def test_a_doi_that_is_read_from_an_address_is_said_to_be(served: Sources) -> None:
    known = served.look_up(f"https://pub.example.org/doi/full/{ARTICLE}", gitlab=())
    assert f"The DOI {ARTICLE} was read from the address." in known.notes


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Be back soon</html>",
        b"null",
        b"[]",
        b"{}",
        b"[[[[{}]]]]",
        b'"text"',
        b"[" * 50_000,
        b"\xff\xfe\x00",
        b'{"data": [1, null, {"attributes": 5}], "metadata": [], "files": {}, "name": 3, "content": {}}',
        b'{"title": {"a": 1}, "related_identifiers": "x", "encoding": "base64", "content": "%%%"}',
    ],
    ids=["empty", "html", "null", "list", "object", "nested", "text", "deep", "noise", "types", "more-types"],
)
def test_whatever_all_others_answer_the_paper_is_found(body: bytes, served: Sources) -> None:
    kept = {f"/doi/{quote(ARTICLE, safe='')}", f"/crossref/works/{quote(ARTICLE, safe='')}"}
    for path in [*served.host.answers, "/datacite/dois", f"/doi/{quote(DATA, safe='')}"]:
        if path not in kept:
            served.serve(path, body)
    known = served.look_up(ARTICLE, panosc=(f"{served.host.url}/panosc",), scicat=(f"{served.host.url}/scicat",))
    assert known.publication is not None
    assert known.publication.facts.title == "Toward a Unified Theory of Broken Pots"
    assert known.repositories[0].facts.url == REPOSITORY
