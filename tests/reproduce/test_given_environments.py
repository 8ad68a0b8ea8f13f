"""A target chooses an environment that the facility gives: by form and API, and what its runs say of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import jsonschema
import nbformat
import pytest
from django.core.management import call_command
from django.test import Client
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pytest_django import Settings

from builder.models import Environment
from catalog.models import Evidence, Publication, Target
from reproduce import execute as executing
from reproduce.execute import execute
from reproduce.models import Run
from reproduce.record import read_statement
from tests.builder.test_views import rows
from tests.given_prefix import make_given
from tests.personas import People, api_client

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
_CODE = "import os, sys\nprint(os.environ['BEAMLINE'], os.access(sys.prefix, os.W_OK))"


@pytest.fixture
def nexus(settings: Settings, tmp_path: Path) -> Path:
    """An installation that gives the environment nexus; the prefix itself is not there yet."""
    prefix = tmp_path / "software" / "nexus"
    settings.REPRISE_GIVEN_PREFIXES = {"nexus": prefix}
    return prefix


def test_the_form_offers_what_is_given(nexus: Path, draft: Publication, owner: Client) -> None:
    page = owner.get(f"/targets/{draft.doi}").content.decode()
    assert "made from the repository" in page
    assert '<option value="nexus">nexus</option>' in page
    owner.post(f"/targets/{draft.doi}", rows(draft, **{"form-0-given_environment": "nexus"}))
    assert draft.targets.get(slug="figure-1").given_environment == "nexus"
    assert '<option value="nexus" selected>' in owner.get(f"/targets/{draft.doi}").content.decode()


def test_the_form_refuses_what_is_not_given(nexus: Path, draft: Publication, owner: Client) -> None:
    response = owner.post(f"/targets/{draft.doi}", rows(draft, **{"form-0-given_environment": "/etc"}))
    assert response.status_code == 422
    assert draft.targets.get(slug="figure-1").given_environment == ""


def test_where_nothing_is_given_nothing_is_offered_and_nothing_forgotten(
    draft: Publication, owner: Client, settings: Settings
) -> None:
    assert "given_environment" not in owner.get(f"/targets/{draft.doi}").content.decode()
    draft.targets.filter(slug="figure-1").update(given_environment="gone")
    owner.post(f"/targets/{draft.doi}", rows(draft, **{"form-0-caption": "Other", "form-0-given_environment": "gone"}))
    target = draft.targets.get(slug="figure-1")
    assert (target.caption, target.given_environment) == ("Other", "gone")


@pytest.mark.parametrize(("sent", "status"), [("nexus", 200), ("", 200), ("../nexus", 422), (7, 400), (["nexus"], 400)])
def test_the_api_takes_the_same(sent: object, status: int, nexus: Path, target: Target, people: People) -> None:
    path = f"/api/v1/targets/{target.pk}/"
    answer = api_client(people.owner).patch(path, {"given_environment": sent}, format="json")
    assert answer.status_code == status, answer.content
    target.refresh_from_db()
    assert target.given_environment == (sent if status == 200 else "")


@pytest.fixture
def run_in(
    nexus: Path, target: Target, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Run]:
    """Run the target in nexus, which is there unless it was removed, and return the run when it is over."""
    settings.REPRISE_DATA = tmp_path / "reprise"
    settings.REPRISE_RUN_ATTEMPTS = 1
    make_given(nexus)
    Target.objects.filter(pk=target.pk).update(given_environment="nexus", notebook="figure.ipynb")
    snapshot = target.repository.snapshots.get()
    snapshot.path = str(tmp_path / "snapshot")
    outline = {"path": "figure.ipynb", "language": "python", "kernel_name": "python3", "cells": []}
    snapshot.notebooks = [{**snapshot.notebooks[0], **outline}] if snapshot.notebooks else []
    snapshot.save()
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "requirements.txt").write_text("ipykernel\nnumpy==1.16.0\n")
    cell = new_code_cell(_CODE, outputs=[new_output("stream", text="p07 False\n")])
    kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    notebook = new_notebook(cells=[cell], metadata={"kernelspec": kernelspec})
    nbformat.write(notebook, tmp_path / "snapshot" / "figure.ipynb")
    monkeypatch.setattr(executing, "ready_snapshot", lambda _, **_words: snapshot)

    def run() -> Run:
        made = Run.objects.create(target=Target.objects.get(pk=target.pk), reason=Run.Reason.CLICK)
        execute(made.pk)
        made.refresh_from_db()
        return made

    return run


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
def test_a_run_in_it_says_what_it_ran_in(
    run_in: Callable[[], Run], nexus: Path, target: Target, anonymous: Client
) -> None:
    run = run_in()
    assert (run.verdict, run.cause) == ("identical", None)
    statement = read_statement(run)
    assert statement is not None
    jsonschema.validate(statement, json.loads((SCHEMAS / "reproduction.schema.json").read_text()))
    environment = statement["environment"]
    assert (environment["engine"], environment["details"]["given"]) == ("given", "nexus")
    wished_python, numpy = environment["approximations"]
    assert "wished was 3.7: Python 3.7 was the current one on" in wished_python
    assert numpy == "nexus does not have numpy, which requirements.txt asks for."
    assert {"name": "ipykernel"}.items() <= next(p for p in environment["packages"] if p["name"] == "ipykernel").items()
    assert str(nexus) not in json.dumps(statement)
    for page in (run.environment.get_absolute_url(), target.get_absolute_url()):
        shown = anonymous.get(page).content.decode()
        assert "<dt>As of</dt>" not in shown
        assert "nexus" in shown
        assert environment["details"]["digest"] in shown
        assert str(nexus) not in shown
    files = anonymous.get(run.environment.get_absolute_url()).content.decode()
    assert "requirements.txt" in files
    assert "lock.patch" not in files
    assert Evidence.objects.get(target=target).run == run.pk


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
def test_when_it_changed_the_next_run_is_in_another_environment(run_in: Callable[[], Run], nexus: Path) -> None:
    first, again = run_in(), run_in()
    (nexus / "conda-meta" / "zlib-1.3-h1.json").write_text('{"name": "zlib", "version": "1.3", "build": "h1"}')
    changed = run_in()
    assert (first.environment, again.verdict, changed.verdict) == (again.environment, "identical", "identical")
    assert changed.environment != first.environment
    assert changed.environment.details["digest"] != first.environment.details["digest"]
    assert "nexus has changed since" in changed.build.log
    assert "has changed" not in again.build.log


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
def test_one_that_is_gone_is_no_verdict_on_the_work(run_in: Callable[[], Run], nexus: Path) -> None:
    shutil.rmtree(nexus)
    run = run_in()
    assert (run.verdict, run.cause["id"], run.cause["fault"]) == (None, "given-unusable", "operator")
    assert not Evidence.objects.exists()
    assert not Environment.objects.filter(engine="given").exists()


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
def test_one_that_changes_while_a_run_is_in_it_is_no_verdict(
    run_in: Callable[[], Run], nexus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reproduced = executing.reproduce_notebook

    def meanwhile(*given: object, **named: object) -> object:
        ended = reproduced(*given, **named)  # type: ignore[arg-type]  # passed on as it came
        (nexus / "conda-meta" / "zlib-1.3-h1.json").write_text('{"name": "zlib", "version": "1.3", "build": "h1"}')
        return ended

    monkeypatch.setattr(executing, "reproduce_notebook", meanwhile)
    run = run_in()
    assert (run.state, run.verdict, run.cause["id"]) == ("done", None, "given-changed")
    assert "executed.ipynb" in run.artefacts


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
def test_a_run_in_an_environment_that_is_no_longer_chosen_is_not_on_record(
    run_in: Callable[[], Run], target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    concluded = executing.conclude

    def meanwhile(*given: object) -> None:
        Target.objects.filter(pk=target.pk).update(given_environment="")
        concluded(*given)

    monkeypatch.setattr(executing, "conclude", meanwhile)
    assert run_in().verdict == "identical"
    assert not Evidence.objects.exists()


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
def test_the_command_line_runs_in_it(run_in: Callable[[], Run], tmp_path: Path) -> None:
    out, said = tmp_path / "evidence", StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("reproduce", str(tmp_path / "snapshot"), "--given", "nexus", "--out", str(out), stdout=said)
    assert ended.value.code == 0, said.getvalue()
