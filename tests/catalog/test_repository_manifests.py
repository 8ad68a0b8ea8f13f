"""CITATION.cff and codecheck.yml: what they say, and what a hostile one may not do."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.sources.citation_cff import read_citation
from catalog.sources.codecheck import ManifestFile, read_codecheck
from catalog.sources.facts import Creator
from catalog.sources.safe_yaml import ManifestError, read_mapping

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "metadata"


def test_citation_cff_names_authors_licence_and_the_paper() -> None:
    citation = read_citation(FIXTURES / "citation_cff")
    assert citation is not None
    assert citation.title == "Notebooks of broken pots"
    assert citation.creators == (
        Creator("Josiah von Carberry", "Josiah", "von Carberry", "0000-0002-1825-0097"),
        Creator("The Example Collaboration", is_group=True),
    )
    assert citation.licence == "BSD-3-Clause"
    assert citation.doi == "10.5072/reprise.notebooks"
    assert citation.paper_doi == "10.5555/reprise.article"
    assert citation.paper_title == "Toward a Unified Theory of Broken Pots"
    # There is no 30th of February; the month is what is left.
    assert str(citation.released_on) == "2021-02-01"


def test_codecheck_lists_files_inside_the_repository_once() -> None:
    manifest = read_codecheck(FIXTURES / "codecheck")
    assert manifest is not None
    assert manifest.files == (
        ManifestFile("figures/fig3.png", "Figure 3"),
        ManifestFile("output/summary.csv", "Table 1 of the paper"),
    )
    assert manifest.paper_doi == "10.5555/reprise.article"
    assert manifest.certificate == "2021-001"


def test_a_repository_without_manifests_says_nothing(tmp_path: Path) -> None:
    assert read_citation(tmp_path) is None
    assert read_codecheck(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("manifest: figures/a.png", ("figures/a.png",)),
        ("manifest:\n  - figures/a.png", ("figures/a.png",)),
        ("manifest:\n  - file: [a]\n  - 5\n  -\n  - file: a\\b\n  - file: .", ("5",)),
        ("manifest: {}", ()),
        ("other: 1", ()),
    ],
)
def test_an_odd_manifest_is_read_as_far_as_it_goes(tmp_path: Path, text: str, expected: tuple[str, ...]) -> None:
    (tmp_path / "codecheck.yml").write_text(text)
    manifest = read_codecheck(tmp_path)
    assert manifest is not None
    assert tuple(entry.file for entry in manifest.files) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"a: &x [1]\nb: *x",
        b"a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]",
        b"a: &a {b: *a}",
        b"[" * 5000,
        b"a: " * 3000,
        b"\xff\xfe",
        b"- a\n- b",
        b"just text",
        b"",
        b"a: [",
        b"a: \x00",
        b"a: 1\n---\nb: 2",
        b"? [a, b]\n: c",
        b"{}: 1",
        b"a: " + b"x" * 600_000,
    ],
)
def test_hostile_yaml_is_refused_with_its_cause(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "CITATION.cff"
    path.write_bytes(data)
    with pytest.raises(ManifestError) as refusal:
        read_citation(tmp_path)
    assert refusal.value.cause.id == "recipe-unreadable"
    assert "CITATION.cff" in refusal.value.cause.message


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("title: secret")
    (tmp_path / "CITATION.cff").symlink_to(tmp_path / "secret")
    with pytest.raises(ManifestError):
        read_citation(tmp_path)


def test_tags_make_no_objects(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("a: !!python/object/apply:os.system ['touch pwned']\nb: 2020-13-45\nc: yes\n1: 2")
    assert read_mapping(path) == {"a": ["touch pwned"], "b": "2020-13-45", "c": "yes", "1": "2"}
