"""The crate that a reviewer gets: valid, true to its files, and telling of nobody."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from builder.models import Environment
from catalog.audit import SERVICE
from catalog.masking import Mask
from catalog.models import Publication
from catalog.review_links import issue_link
from reproduce.crate import METADATA, README
from reproduce.models import Run
from reproduce.review import crate
from reproduce.review.looking import look_through
from tests.personas import People
from tests.reproduce.review.under_review import TELLING, make_under_review
from tests.validators.crates import assert_valid

FURTHER = ["Uppsala", "AB-1234"]


@pytest.fixture
def reviewed(people: People) -> tuple[Publication, Run]:
    """The draft under review and its run, which was set, shown and fetched what tells of its author."""
    publication, run = make_under_review(people.owner)
    url = "https://git.example.org/olga/silica/q.csv"
    fetched = {"method": "GET", "url": url, "status": 200, "size_bytes": 1, "sha256": "9a" * 32, "error": None}
    mount = {"dataset": "10.5072/data-of-olsson", "at": "data", "files": 1, "bytes": 1, "manifest_sha256": "ab" * 32}
    run.parameters = {"olsson_gain": 2, "sample": "silica of O. Olsson, Uppsala"}
    run.data = [{**mount, "checked": {"sha256": 1}}]
    run.network = {"fetched": [fetched], "fetched_count": 1, "refused": [], "refused_count": 0, "received_bytes": 1}
    run.save()
    Environment.objects.update(
        details={"image": "quay.io/olga/silica:v1", "digest": "sha256:" + "56" * 32}, engine="image"
    )
    return publication, run


@pytest.fixture
def address(reviewed: tuple[Publication, Run]) -> str:
    """Where a reviewer gets it."""
    _, secret = issue_link(
        reviewed[0], name="Referee 2", days=7, further=FURTHER, scan={}, now=timezone.now(), issued_by=None, by=SERVICE
    )
    return f"/review/{secret}/runs/{reviewed[1].pk}/crate.zip"


def opened(client: Client, address: str) -> zipfile.ZipFile:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(answer.content))


def described(archive: zipfile.ZipFile) -> dict[str, dict[str, Any]]:
    return {one["@id"]: one for one in json.loads(archive.read(METADATA))["@graph"]}


def test_nothing_in_it_names_anybody(address: str, anonymous: Client) -> None:
    archive = opened(anonymous, address)
    assert len(archive.namelist()) >= 9
    for entry in archive.infolist():
        content = archive.read(entry).decode("utf-8", "replace")
        said = f"{entry.filename} {entry.comment!r} {entry.extra!r} {content}".lower()
        assert [word for word in TELLING if word in said] == [], entry.filename
    assert archive.comment == b""


def test_the_metadata_tell_of_no_author_paper_licence_source_or_data(address: str, anonymous: Client) -> None:
    found = described(opened(anonymous, address))
    kinds = {
        kind for one in found.values() for kind in ([one["@type"]] if isinstance(one["@type"], str) else one["@type"])
    }
    assert kinds.isdisjoint({"Person", "ScholarlyArticle", "ContainerImage"})
    assert {"citation", "isBasedOn"}.isdisjoint(found["./"])
    assert found["#source"]["name"] == "The repository as it was run: https://masked.invalid/notebooks"
    assert not any("data" in name or "fetched" in name for name in found if name.startswith("#notebook"))
    assert "2020-04-01" not in json.dumps(found)


def test_it_says_what_ran_with_which_values_and_what_came_out(address: str, anonymous: Client) -> None:
    archive = opened(anonymous, address)
    found = described(archive)
    assert found["#rating-1"]["ratingValue"] == "differs"
    values = {one["name"]: one["value"] for name, one in found.items() if name.startswith("#notebook-1-value")}
    assert values == {"author1_gain": 2, "sample": "silica of Author1, Masked"}
    assert "author1/figure-1.ipynb: differs." in archive.read(README).decode()


def test_of_a_derived_run_it_tells_the_values_masked_and_of_no_verdict(
    address: str, anonymous: Client, reviewed: tuple[Publication, Run]
) -> None:
    Run.objects.filter(pk=reviewed[1].pk).update(derivation="d" * 64, verdict=None, cause=None)
    readme = opened(anonymous, address).read(README).decode()
    assert "a derived analysis, with author1_gain = 2, sample = “silica of Author1, Masked”. The" in readme


def test_every_file_in_it_has_the_digest_and_the_size_that_the_metadata_tell(address: str, anonymous: Client) -> None:
    archive = opened(anonymous, address)
    told = {unquote(name): one for name, one in described(archive).items() if "sha256" in one}
    assert set(told) == set(archive.namelist()) - {METADATA}
    for name, one in told.items():
        content = archive.read(name)
        assert (one["sha256"], one["contentSize"]) == (hashlib.sha256(content).hexdigest(), str(len(content)))


@pytest.mark.real
def test_it_passes_the_validator(address: str, anonymous: Client, tmp_path: Path) -> None:
    opened(anonymous, address).extractall(tmp_path / "crate")
    assert_valid(tmp_path / "crate", tmp_path)


def test_the_page_of_the_target_leads_to_it_and_it_is_kept_nowhere(address: str, anonymous: Client) -> None:
    start = address.partition("/runs/")[0]
    assert address in anonymous.get(f"{start}/targets/figure-1").content.decode()
    answer = anonymous.get(address)
    assert "no-store" in answer.headers["Cache-Control"]
    assert "attachment" in answer.headers["Content-Disposition"]


def test_where_masking_leaves_a_name_nothing_is_given(
    address: str, anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mask, "_plain", lambda _, text: text)
    answer = anonymous.get(address)
    assert (answer.status_code, answer.headers["Referrer-Policy"]) == (422, "no-referrer")
    assert b"review-crate-named" in answer.content
    assert b"Olsson" not in answer.content


def test_where_the_document_names_what_no_text_did_nothing_is_given(
    address: str, anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crate, "_SOURCE", "https://git.example.org/olga/silica")
    assert anonymous.get(address).status_code == 422


def test_files_that_are_too_large_together_are_not_given(
    address: str, anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crate, "MOST_BYTES", 100)
    answer = anonymous.get(address)
    assert (answer.status_code, b"review-too-much" in answer.content) == (422, True)


@pytest.mark.parametrize("changes", [{"state": "running", "verdict": None}, {"artefacts": {}}])
def test_a_run_under_way_or_without_a_notebook_has_none(
    changes: dict[str, Any], address: str, anonymous: Client, reviewed: tuple[Publication, Run]
) -> None:
    Run.objects.filter(pk=reviewed[1].pk).update(**changes)
    assert anonymous.get(address).status_code == 404
    assert b"crate.zip" not in anonymous.get(f"{address.partition('/runs/')[0]}/targets/figure-1").content


def test_the_scan_before_a_link_is_issued_looks_at_its_words_too(reviewed: tuple[Publication, Run]) -> None:
    look = look_through(reviewed[0], further=[])
    assert ("crate of Figure 1, values", "name") in {(one.place, one.kind) for one in look.scan.masked}
    assert look.scan.left == ()


def test_a_colleague_of_the_author_is_masked_in_it_too(
    address: str, anonymous: Client, reviewed: tuple[Publication, Run], people: People
) -> None:
    User.objects.filter(pk=people.reader.pk).update(first_name="Zebulon", last_name="Quartermain")
    group = reviewed[0].experiment_groups.create(name="Proposal 9")
    group.memberships.create(user=people.reader)
    Run.objects.filter(pk=reviewed[1].pk).update(parameters={"by": "Zebulon Quartermain"})
    assert "quartermain" not in json.dumps(described(opened(anonymous, address))).lower()
