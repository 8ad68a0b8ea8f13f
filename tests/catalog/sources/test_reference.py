"""What a person pastes is told apart without asking anybody."""

from __future__ import annotations

import pytest

from catalog.causes import CausedError
from catalog.sources.order import ordered_sources
from catalog.sources.reference import Reference, parse_reference
from catalog.sources.source import Endpoints

REVISION = "swh:1:rev:0123456789abcdef0123456789abcdef01234567"
NAMED = Endpoints(
    panosc=("https://search.example.org/api",),
    scicat=("https://scicat.example.org/api/v3",),
    oai=("https://oai.example.org/oai",),
    dataverse=("https://data.example.org",),
    invenio=("https://rodare.example.org",),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://doi.org/10.5555/ABC", Reference("https://doi.org/10.5555/ABC", doi="10.5555/abc")),
        (REVISION, Reference(REVISION, swhid=REVISION)),
        ("oai:example.org:1", Reference("oai:example.org:1", oai="oai:example.org:1")),
        ("git@github.com:a/b.git", Reference("git@github.com:a/b.git", url="https://github.com/a/b.git")),
        ("github.com/a/b", Reference("github.com/a/b", url="https://github.com/a/b")),
    ],
)
def test_each_form_is_told_apart(text: str, expected: Reference) -> None:
    assert parse_reference(f" {text}\n") == expected


@pytest.mark.parametrize(
    ("url", "doi"),
    [
        ("https://pub.example.org/doi/full/10.5555/abc.1", "10.5555/abc.1"),
        ("https://pub.example.org/article/10.5555/abc.pdf", "10.5555/abc"),
        ("https://pub.example.org/doi/10.5555/abc/abstract", "10.5555/abc"),
        ("https://data.example.org/dataset.xhtml?persistentId=doi:10.5072/FK2/A", "10.5072/fk2/a"),
        ("https://example.org/version/10.5/x", ""),
        ("https://example.org/?" + "&".join(["a=1"] * 100), ""),
    ],
)
def test_a_doi_in_an_address_is_read_from_it(url: str, doi: str) -> None:
    assert parse_reference(url).doi == doi


@pytest.mark.parametrize(
    "text", ["", "hello", "ftp://example.org/x", "swh:1:rev:xyz", "https://", "javascript:alert(1)", "\x00"]
)
def test_what_is_no_reference_is_refused_by_name(text: str) -> None:
    with pytest.raises(CausedError) as failure:
        parse_reference(text)
    assert failure.value.cause.id == "reference-malformed"


@pytest.mark.parametrize(
    ("text", "detected"),
    [
        ("10.5281/zenodo.123", {"Zenodo": "https://zenodo.org/api/records/123", "agency": "10.5281/zenodo.123"}),
        ("https://zenodo.org/records/123/files/a.csv", {"Zenodo": "https://zenodo.org/api/records/123"}),
        ("https://zenodo.org/record/123#top", {"Zenodo": "https://zenodo.org/api/records/123"}),
        ("https://rodare.example.org/record/7", {"Zenodo": "https://rodare.example.org/api/records/7"}),
        ("10.6084/m9.figshare.99.v2", {"Figshare": "99/versions/2", "agency": "10.6084/m9.figshare.99.v2"}),
        ("https://uni.figshare.com/articles/dataset/Some_words/9900/3", {"Figshare": "9900/versions/3"}),
        (
            "https://data.example.net/dataset.xhtml?persistentId=doi:10.5072/A",
            {"Dataverse": "https://data.example.net", "agency": "10.5072/a"},
        ),
        ("https://github.com/a/b", {"git": "https://github.com/a/b"}),
        ("https://github.com/a/b.git", {"git": "https://github.com/a/b"}),
        ("https://github.com/a/b/tree/v1.0/figures", {"git": "https://github.com/a/b@v1.0"}),
        ("https://github.com/a/b/releases/tag/v1.0", {"git": "https://github.com/a/b@v1.0"}),
        ("https://github.com/a/b/commit/0123abc", {"git": "https://github.com/a/b@0123abc"}),
        ("https://gitlab.esrf.fr/g/sub/p/-/tree/main", {"git": "https://gitlab.esrf.fr/g/sub/p@main"}),
        ("https://gitlab.com/g/p.git", {"git": "https://gitlab.com/g/p"}),
        ("https://codeberg.org/a/b/src/tag/v2", {"git": "https://codeberg.org/a/b@v2"}),
        ("https://example.org/a/CITATION.cff", {"file": "https://example.org/a/CITATION.cff"}),
        (REVISION, {"archive": REVISION}),
        ("oai:example.org:1", {"OAI-PMH": "oai:example.org:1"}),
        ("https://oai.example.net/oai?verb=GetRecord&identifier=x:1&metadataPrefix=oai_dc", {"OAI-PMH": "x:1"}),
        ("https://github.com/a/b/blob/main/CITATION.cff", {"git": "https://github.com/a/b@main"}),
        ("https://archive.softwareheritage.org/browse/origin/?" + "a=1&" * 100, {}),
        ("https://oai.example.net/oai?verb=GetRecord&identifier=x&" + "a=1&" * 100, {}),
        ("https://github.com/a", {}),
        ("https://github.com.example.org/a/b", {}),
        ("https://example.org/zenodo.org/records/1", {}),
    ],
)
def test_each_source_detects_its_own(text: str, detected: dict[str, str]) -> None:
    short = {
        "the git host": "git",
        "a file of a repository": "file",
        "the DOI's registration agency": "agency",
        "Software Heritage": "archive",
    }
    reference = parse_reference(text)
    found = {source.name: source.detect(reference) for source in ordered_sources(NAMED)}
    assert {short.get(name, name): place for name, place in found.items() if place} == detected


def test_catalogues_of_facilities_are_asked_once_it_turned_out_to_be_data() -> None:
    data, paper = Reference("", doi="10.5072/a", role="data"), Reference("", doi="10.5072/a", role="paper")
    names = {source.name for source in ordered_sources(NAMED) if source.detect(data)}
    assert {"PaNOSC Search", "SciCat"} <= names
    assert {source.name for source in ordered_sources(NAMED) if source.detect(paper)} & names == {
        "the DOI's registration agency"
    }
