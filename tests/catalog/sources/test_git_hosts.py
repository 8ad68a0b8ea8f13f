"""What git hosts and the files of a repository say of it."""

from __future__ import annotations

import pytest

from catalog.causes import CausedError
from catalog.exposure.record import File, Organisation, Subject
from catalog.sources import Creator, Funder, RepositoryFacts
from catalog.sources.manifests import read_manifest
from tests.catalog.sources.serving import ARTICLE, ZENODO_CODE, Sources, fixture, serve_github

CARBERRY = "0000-0002-1825-0097"


def only_repository(served: Sources, reference: str, **named: tuple[str, ...]) -> RepositoryFacts:
    known = served.look_up(reference, follows=False, **named)
    assert len(known.repositories) == 1
    return known.repositories[0].facts


def test_github_tells_a_repository_and_its_files_the_paper(served: Sources) -> None:
    known = served.look_up("https://github.com/example/broken-pots/tree/v1.0", follows=False)
    (repository,) = known.repositories
    facts = repository.facts
    assert (facts.url, facts.ref) == ("https://github.com/example/broken-pots", "v1.0")
    assert (facts.name, facts.paper_doi, facts.doi) == ("Notebooks of broken pots", ARTICLE, ZENODO_CODE)
    assert facts.description == "Notebooks of a paper on broken pots"
    assert facts.creators[0].affiliations == (Organisation("Brown University"),)
    assert facts.subjects == (Subject("pots"), Subject("tomography"))
    assert repository.provenance["paper_doi"] == "CITATION.cff"
    assert repository.provenance["description"] == "GitHub"
    assert "CODECHECK certificate 2021-001." in known.notes
    assert any("archived" in note for note in known.notes)
    assert any("disagree on the licence: “MIT” is kept, the other is “BSD-3-Clause”" in note for note in known.notes)


def test_only_files_that_the_listing_names_are_asked_for(served: Sources) -> None:
    serve_github(served, "codecheck.yml")
    served.look_up("https://github.com/example/broken-pots", follows=False)
    assert [path.partition("?")[0] for path in served.host.paths] == [
        "/github/repos/example/broken-pots",
        "/github/repos/example/broken-pots/contents",
        "/github/repos/example/broken-pots/contents/codecheck.yml",
    ]


def test_a_gitlab_of_an_institute_is_asked_by_the_path_of_nested_groups(served: Sources) -> None:
    served.serve("/api/v4/projects/pots%2Fbeamline%2Fanalysis", fixture("gitlab/project.json"))
    served.serve("/api/v4/projects/42/repository/tree", fixture("gitlab/tree.json"))
    served.serve("/api/v4/projects/42/repository/files/codemeta.json/raw", fixture("repository/codemeta.json"))
    facts = only_repository(served, f"{served.host.url}/pots/beamline/analysis/-/tree/v2")
    assert (facts.url, facts.ref) == (f"{served.host.url}/pots/beamline/analysis", "v2")
    assert (facts.licence, facts.paper_doi, facts.doi) == ("MIT", ARTICLE, ZENODO_CODE)
    assert (facts.version, facts.funders) == ("1.0", (Funder("Example Foundation"),))
    assert facts.creators == (
        Creator(
            "Josiah Carberry",
            "Josiah",
            "Carberry",
            CARBERRY,
            (Organisation("Brown University", "https://ror.org/05gq02987"),),
        ),
    )
    assert "ref=v2" in served.host.paths[1]


def test_a_gitea_tells_a_repository_and_the_paper_of_its_crate(served: Sources) -> None:
    served.serve("/api/v1/repos/carberry/pots", fixture("gitea/repository.json"))
    served.serve("/api/v1/repos/carberry/pots/contents", fixture("gitea/contents.json"))
    served.serve("/api/v1/repos/carberry/pots/raw/ro-crate-metadata.json", fixture("repository/ro-crate-metadata.json"))
    facts = only_repository(served, f"{served.host.url}/carberry/pots", gitlab=(), gitea=(served.host.url,))
    assert (facts.name, facts.licence) == ("A crate of pots", "CC-BY-4.0")
    assert (facts.paper_doi, facts.doi) == (ARTICLE, "10.5072/reprise.crate")


def test_a_file_that_cannot_be_read_is_a_note(served: Sources) -> None:
    path = "/github/repos/example/broken-pots/contents/CITATION.cff"
    served.serve(path, b"a: &a [*a]")
    known = served.look_up("https://github.com/example/broken-pots", follows=False)
    assert any(note.startswith("CITATION.cff: ") for note in known.notes)
    assert known.repositories[0].facts.paper_doi == ARTICLE


@pytest.mark.parametrize("status", [403, 429, 404])
def test_a_host_that_lists_no_files_still_tells_the_rest(status: int, served: Sources) -> None:
    served.serve("/github/repos/example/broken-pots/contents", b"", status)
    known = served.look_up("https://github.com/example/broken-pots", follows=False)
    assert known.repositories[0].facts.name == "broken-pots"
    assert "The host did not list the files of the repository." in known.notes


def test_a_repository_that_is_not_public_is_unknown(served: Sources) -> None:
    with pytest.raises(CausedError) as failure:
        served.look_up("https://github.com/example/secret")
    assert failure.value.cause.id == "reference-unknown"


def test_a_crate_given_by_its_own_address_tells_its_files(served: Sources) -> None:
    served.serve("/pots/ro-crate-metadata.json", fixture("repository/ro-crate-metadata.json"))
    known = served.look_up(f"{served.host.url}/pots/ro-crate-metadata.json", follows=False, gitlab=())
    facts = known.datasets[0].facts
    assert facts.files == (File("data/pots 1.csv", 120, "text/csv", sha256="c" * 64),)
    assert facts.doi == "10.5072/reprise.crate"
    assert facts.publisher == Organisation("Brown University", "https://ror.org/05gq02987")
    assert facts.creators[0].affiliations == (Organisation("Brown University", "https://ror.org/05gq02987"),)


def test_archived_code_tells_where_it_is_from(served: Sources) -> None:
    swhid = "swh:1:rev:0123456789abcdef0123456789abcdef01234567"
    served.serve(f"/swh/api/1/resolve/{swhid}/", fixture("software_heritage/resolve.json"))
    facts = only_repository(served, f"{swhid};origin=https://github.com/example/broken-pots")
    assert facts.url == "https://github.com/example/broken-pots"
    assert (facts.ref, facts.swhid) == ("0123456789abcdef0123456789abcdef01234567", swhid)


def test_a_page_of_the_archive_tells_the_repository_and_its_snapshot(served: Sources) -> None:
    served.serve(
        "/swh/api/1/origin/https://github.com/example/broken-pots/visit/latest/",
        fixture("software_heritage/visit.json"),
    )
    page = "https://archive.softwareheritage.org/browse/origin/?origin_url=https://github.com/example/broken-pots"
    known = served.look_up(page, follows=False)
    assert known.repositories[0].facts.swhid == "swh:1:snp:89abcdef0123456789abcdef0123456789abcdef"
    assert any("2021-03-02" in note for note in known.notes)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("CITATION.cff", b"\xff\xfe"),
        ("CITATION.cff", b"- a\n- b\n"),
        ("codecheck.yml", b"a: [" * 100),
        ("codemeta.json", b"[]"),
        ("codemeta.json", b"<html>"),
        ("ro-crate-metadata.json", b'{"@graph": 3}'),
        ("ro-crate-metadata.json", b"{" * 50_000),
    ],
)
def test_a_broken_file_of_a_repository_ends_in_a_cause(name: str, data: bytes) -> None:
    with pytest.raises(CausedError):
        read_manifest(name, data, repository="")
