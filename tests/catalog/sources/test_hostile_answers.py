"""Any value of any answer may be odd: what is read of it stays within bounds, and nothing raises but a cause."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import copy as shallow_copy
from dataclasses import fields
from typing import Any

import pytest

from catalog.sources import ro_crate, tolerant
from catalog.sources.codemeta import codemeta_of
from catalog.sources.datacite import attributes_of, dataset_of
from catalog.sources.dataverse import read_dataverse
from catalog.sources.figshare import read_figshare
from catalog.sources.git_hosts import Place, read_repository
from catalog.sources.panosc import read_dataset, read_document
from catalog.sources.scicat import read_published
from catalog.sources.zenodo import read_zenodo
from tests.catalog.sources.serving import fixture

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    "",
    "x" * 30_000,
    [],
    [[]],
    {},
    {"a": {}},
    [None, 1, {"id": []}],
    "\x00\u202e",
    "../../etc/passwd",
)
AT = Place("github", "https://api.example.org", "https://github.com/a/b", "a/b")
Reader = Callable[[dict[str, object]], object]
READERS: dict[str, tuple[str, Reader]] = {
    "zenodo": ("zenodo/99000002.json", read_zenodo),
    "figshare": ("figshare/99000003.json", read_figshare),
    "dataverse": (
        "dataverse/POTS.json",
        lambda said: read_dataverse(tolerant.mapping(said.get("data")), "10.5072/x", "https://example.org"),
    ),
    "panosc-dataset": ("panosc/dataset.json", lambda said: read_dataset(said, "10.5072/x")),
    "panosc-document": ("panosc/document.json", lambda said: read_document(said, "10.5072/x")),
    "scicat": (
        "scicat/published.json",
        lambda said: read_published(said, "10.5072/x", tolerant.entries(said.get("pidArray"))),
    ),
    "scicat-dataset": (
        "scicat/dataset.json",
        lambda said: read_published({"title": "Pots"}, "10.5072/x", (), [said.get("scientificMetadata")]),
    ),
    "datacite": (
        "datacite/10.5281_zenodo.99000002.json",
        lambda said: dataset_of(attributes_of(json.dumps(said).encode()), "10.5072/x"),
    ),
    "codemeta": ("repository/codemeta.json", codemeta_of),
    "ro-crate": ("repository/ro-crate-metadata.json", ro_crate.crate_of),
    "github": ("github/repository.json", lambda said: read_repository(AT, said)),
    "gitea": ("gitea/repository.json", lambda said: read_repository(AT, said)),
}


def warped(document: object, odd: object) -> Iterator[Any]:
    """Every variant of a document in which one value at any depth is replaced by `odd`."""
    children: list[tuple[Any, Any]] = []
    if isinstance(document, dict | list):
        children = list(document.items() if isinstance(document, dict) else enumerate(document))
    for key, child in children:
        copy: Any = shallow_copy(document)
        copy[key] = odd
        yield copy
        for variant in warped(child, odd):
            copy = shallow_copy(document)
            copy[key] = variant
            yield copy


@pytest.mark.parametrize("name", list(READERS))
def test_any_single_value_of_an_answer_may_be_odd(name: str) -> None:
    file, read = READERS[name]
    document = json.loads(fixture(file))
    for odd in ODD:
        for variant in warped(document, odd):
            check_bounds(read(variant if isinstance(variant, dict) else {}))


def check_bounds(facts: object) -> None:
    if facts is None:
        return
    for field in fields(facts):  # type: ignore[arg-type]  # all are dataclasses
        value = getattr(facts, field.name)
        if isinstance(value, str):
            assert len(value) <= 20_000, field.name
            assert "\x00" not in value, field.name
            assert "\u202e" not in value, field.name
    for one in getattr(facts, "quantities", ()):
        assert 0 < len(one.name) <= 300
        assert len(one.unit) <= 300
        assert len(one.value) <= 300 if isinstance(one.value, str) else abs(one.value) < 1e300
    for file in getattr(facts, "files", ()):
        assert file.path
        assert not file.path.startswith("/")
        assert ".." not in file.path.split("/")
        assert file.size_bytes is None or file.size_bytes >= 0
    url = getattr(facts, "url", "")
    assert url == "" or url.startswith(("http://", "https://"))


def test_a_list_of_a_million_files_is_read_within_bounds() -> None:
    record = json.loads(fixture("zenodo/99000002.json"))
    record["files"] = [{"key": f"f{number}", "size": 1} for number in range(1_000_000)]
    facts = read_zenodo(record)
    assert facts is not None
    assert len(facts.files) == tolerant.MAX_FILES
    assert facts.notes == ("Of 1000000 files only the first 10000 were read.",)
