"""The RO-Crate of a run on record: as a ZIP, on the web, in the API."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from catalog.models import Publication, Target
from reproduce import crate_views
from reproduce.crate import METADATA, README
from reproduce.models import Run
from reproduce.record import open_store
from tests.evidence import make_environment, make_run, prove
from tests.reproduce.test_crate import served
from tests.validators.crates import assert_valid, issues_of


@pytest.fixture(autouse=True)
def shared_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the connection of the test, which all threads share, open between requests."""
    monkeypatch.setattr(crate_views, "close_old_connections", lambda: None)


async def whole(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def fetched_zip(client: Client, run: Run, query: str = "") -> zipfile.ZipFile:
    response = client.get(f"/runs/{run.pk}/crate.zip{query}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(async_to_sync(whole)(response.streaming_content)))


def test_the_zip_holds_every_artefact_of_the_run_under_its_address(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    archive = fetched_zip(anonymous, run)
    assert set(archive.namelist()) == {METADATA, README, *(f"artefacts/{name}" for name in run.artefacts)}
    kept = run.artefacts["executed.ipynb"]["sha256"]
    assert archive.read("artefacts/executed.ipynb") == open_store().open(kept).read()
    assert "attachment" in anonymous.get(f"/runs/{run.pk}/crate.zip").headers["Content-Disposition"]


@pytest.mark.real
def test_the_zip_of_a_run_passes_the_validator(target: Target, anonymous: Client, tmp_path: Path) -> None:
    run = make_run(target)
    run.environment = make_environment(target.repository.snapshots.get())
    run.save()
    fetched_zip(anonymous, run).extractall(tmp_path / "crate")
    assert_valid(tmp_path / "crate", tmp_path)


def derived(target: Target) -> Run:
    """Return a run of the target's notebook on another dataset of its publication, with another value."""
    run = make_run(target)
    run.environment = make_environment(target.repository.snapshots.get())
    run.dataset = target.publication.datasets.create(doi="10.5072/other-scan", title="Another scan", access="open")
    file = {"slot": "filename", "path": "scans/two.h5", "size_bytes": 12, "sha256": "9a" * 32}
    run.verdict, run.derivation = None, "d" * 64
    run.parameters, run.put = {"filename": "scans/two.h5", "scale": 2}, {"data": [], "files": [file]}
    run.save()
    return run


@pytest.mark.real
def test_the_zip_of_a_run_on_other_data_passes_every_check_while_its_notebook_can_be_fetched(
    target: Target, anonymous: Client, tmp_path: Path, settings: Settings
) -> None:
    run = derived(target)
    with served(tmp_path) as address:
        settings.REPRISE_URL = address
        fetched_zip(anonymous, run, "?web").extractall(tmp_path / "crate")
        kept = tmp_path / "runs" / str(run.pk)
        kept.mkdir(parents=True)
        (tmp_path / "crate" / "artefacts").rename(kept / "artefacts")
        (tmp_path / "crate" / "artefacts").symlink_to(kept / "artefacts")
        assert issues_of(tmp_path / "crate", tmp_path, "--cache-max-age", "-1") == []


def test_the_readme_of_a_derived_run_tells_values_and_data_and_of_no_verdict(target: Target, anonymous: Client) -> None:
    run = derived(target)
    readme = anonymous.get(f"/runs/{run.pk}/{README}").content.decode()
    assert readme.startswith(f"# {target.label} of {target.publication.title}, run again on Another scan\n")
    assert (
        f"{target.notebook}: a derived analysis, with filename = “scans/two.h5”, scale = 2 and on the data "
        "10.5072/other-scan. The notebook ran to its end. It has no verdict" in readme
    )


def test_what_the_metadata_name_lies_below_their_own_address(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    response = anonymous.get(f"/runs/{run.pk}/{METADATA}")
    assert response.headers["Content-Type"] == 'application/ld+json; profile="https://w3id.org/ro/crate"'
    assert response.content == fetched_zip(anonymous, run).read(METADATA)
    files = [one["@id"] for one in json.loads(response.content)["@graph"] if "sha256" in one]
    assert len(files) == len(run.artefacts) + 1
    for name in files:
        assert anonymous.get(f"/runs/{run.pk}/{name}").status_code == 200


def test_the_readme_says_the_verdict_in_words(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    readme = anonymous.get(f"/runs/{run.pk}/{README}").content.decode()
    assert f"{target.notebook}: reproduced. Every output that was compared agrees" in readme


def test_with_web_the_workflow_is_the_notebook_at_its_address_here(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    archive = fetched_zip(anonymous, run, "?web")
    found = {one["@id"]: one for one in json.loads(archive.read(METADATA))["@graph"]}
    address = found["./"]["mainEntity"]["@id"]
    assert address == f"{settings.REPRISE_URL}/runs/{run.pk}/artefacts/published.ipynb"
    fetched = anonymous.get(address.removeprefix(settings.REPRISE_URL)).getvalue()
    assert archive.read("artefacts/published.ipynb") == fetched
    assert str(len(fetched)) == found[address]["contentSize"]


def test_of_a_draft_no_address_on_the_web_is_given_for_the_workflow(draft: Publication, owner: Client) -> None:
    run = make_run(draft.targets.get(slug="figure-1"))
    assert owner.get(f"/runs/{run.pk}/crate.zip").status_code == 200
    assert owner.get(f"/runs/{run.pk}/crate.zip?web").status_code == 404


def test_a_run_that_found_no_notebook_has_no_crate(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    del run.artefacts["published.ipynb"]
    run.save()
    assert anonymous.get(f"/runs/{run.pk}/crate.zip").status_code == 404
    assert anonymous.get(f"/runs/{run.pk}/{METADATA}").status_code == 404
    assert anonymous.get(f"/api/v1/runs/{run.pk}/").json()["crate"] is None


def test_a_run_under_way_has_no_crate(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    Run.objects.filter(pk=run.pk).update(state="running", verdict=None)
    assert anonymous.get(f"/runs/{run.pk}/crate.zip").status_code == 404


def test_a_lost_artefact_is_told_before_the_first_byte(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    run.artefacts["executed.ipynb"]["sha256"] = "0" * 64
    run.save()
    response = anonymous.get(f"/runs/{run.pk}/crate.zip", headers={"accept": "text/html"})
    assert response.status_code == 404
    assert b"artefact-missing" in response.content


def test_the_api_and_the_page_of_the_target_lead_to_the_zip(target: Target, anonymous: Client) -> None:
    run = prove(target)
    assert anonymous.get(f"/api/v1/runs/{run.pk}/").json()["crate"].endswith(f"/runs/{run.pk}/crate.zip")
    assert f'href="/runs/{run.pk}/crate.zip"' in anonymous.get(target.get_absolute_url()).content.decode()
