"""Derived analyses: what can be set, who asks for what, and that nothing of it is on record."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import nbformat
import pytest
from django.test import Client
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pytest_django import Settings

from builder.errors import SnapshotError
from builder.snapshot.notebooks import outline_notebooks
from catalog.causes import cause
from catalog.models import Evidence, Target
from reproduce import execute as executing
from reproduce.derived import as_derived
from reproduce.execute import execute
from reproduce.judging import Reproduction
from reproduce.models import Run
from reproduce.queue import request_derived, request_run
from reproduce.runner.job import Result
from tests.evidence import prove
from tests.personas import People, api_client

SOURCE = """q_max = 0.5  # 1/Å <b>
sample = 'silica'
is_log = True
shells = [1, 2]
count = 3
print(q_max, sample, is_log, shells, count)"""


@pytest.fixture
def paper(target: Target, tmp_path: Path) -> Target:
    """The target, whose notebook assigns a value of each kind."""
    printed = new_output("stream", text="0.5 silica True [1, 2] 3\n")
    notebook = new_notebook(cells=[new_code_cell(SOURCE, outputs=[printed], execution_count=1)])
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, tmp_path / "figure.ipynb")
    target.repository.snapshots.update(path=str(tmp_path))
    Target.objects.filter(pk=target.pk).update(notebook="figure.ipynb")
    target.refresh_from_db()
    return target


def page_of(target: Target) -> str:
    return f"/derive/{target.publication.doi}/{target.slug}"


UNCHANGED = {
    "set-q_max": "0.5",
    "set-sample": "silica",
    "set-is_log": "on",
    "set-shells": "1, 2",
    "set-count": "3",
}


def test_the_form_has_a_field_of_its_kind_for_each_parameter(paper: Target, anonymous: Client) -> None:
    page = anonymous.get(page_of(paper)).content.decode()
    for name, kind in (("q_max", "number"), ("sample", "text"), ("is_log", "checkbox"), ("count", "number")):
        assert f'<input type="{kind}" name="set-{name}"' in page
    assert 'value="1, 2"' in page
    assert "1/Å &lt;b&gt;" in page
    assert "<b>" not in page


def test_changed_values_are_run_and_no_others(paper: Target, anonymous: Client) -> None:
    sent = {**UNCHANGED, "set-q_max": "0.7", "set-shells": "3, a"}
    del sent["set-is_log"]
    response = anonymous.post(page_of(paper), sent)
    run = Run.objects.get(target=paper)
    assert response.headers["Location"] == run.get_absolute_url()
    assert run.parameters == {"q_max": 0.7, "is_log": False, "shells": [3, "a"]}
    assert run.is_derived
    assert run.is_what_if
    assert not Run.objects.of_record().exists()


def test_values_that_are_all_the_notebooks_own_are_refused(paper: Target, anonymous: Client) -> None:
    response = anonymous.post(page_of(paper), UNCHANGED)
    assert response.status_code == 400
    assert "Change at least one value" in response.content.decode()
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"), [("set-count", "1.5"), ("set-q_max", "nan"), ("set-sample", "a\nb"), ("set-count", "9" * 30)]
)
def test_a_value_of_another_kind_is_refused_beside_its_field(
    name: str, value: str, paper: Target, anonymous: Client
) -> None:
    response = anonymous.post(page_of(paper), {**UNCHANGED, name: value})
    assert response.status_code == 400
    assert f'id="id_{name}_error"' in response.content.decode()
    assert not Run.objects.exists()


def test_the_form_starts_from_the_values_of_a_run(paper: Target, anonymous: Client) -> None:
    run = request_derived(paper, parameters={"sample": "gold"}, requested_by=None)
    assert 'value="gold"' in anonymous.get(f"{page_of(paper)}?of={run.pk}").content.decode()
    assert 'value="silica"' in anonymous.get(f"{page_of(paper)}?of=nonsense").content.decode()


def test_a_notebook_without_parameters_says_what_they_would_be(target: Target, anonymous: Client) -> None:
    assert "Nothing in this notebook can be changed here" in anonymous.get(page_of(target)).content.decode()


def test_one_run_serves_all_who_ask_for_the_same_values(paper: Target) -> None:
    first = request_derived(paper, parameters={"count": 4, "q_max": 1.0}, requested_by=None)
    assert request_derived(paper, parameters={"q_max": 1.0, "count": 4}, requested_by=None) == first
    assert request_derived(paper, parameters={"count": 5}, requested_by=None) != first
    assert request_run(paper, reason=Run.Reason.CLICK, requested_by=None) != first


def test_the_api_lists_and_takes_the_values(paper: Target, people: People) -> None:
    client = api_client(people.reader)
    listed = client.get(f"/api/v1/targets/{paper.pk}/parameters/").json()
    assert listed[0] == {"name": "q_max", "kind": "number", "value": 0.5, "comment": "1/Å <b>"}
    answer = client.post(f"/api/v1/targets/{paper.pk}/derive/", {"parameters": {"count": 7}}, format="json")
    assert answer.status_code == 202
    assert answer.json()["parameters"] == {"count": 7}
    assert answer.json()["is_what_if"] is True


@pytest.mark.parametrize("values", [{"other": 1}, {"count": "x"}, {"count": [1]}, {}, {"count": 3}, {"q_max": True}])
def test_the_api_refuses_what_cannot_be_set(values: dict[str, object], paper: Target, people: People) -> None:
    answer = api_client(people.reader).post(
        f"/api/v1/targets/{paper.pk}/derive/", {"parameters": values}, format="json"
    )
    assert answer.status_code == 400
    assert answer.json()["cause"]["id"] in {"parameter-refused", "parameters-unchanged"}
    assert not Run.objects.exists()


def ended(status: str) -> Reproduction:
    result = Result(
        status=status,  # type: ignore[arg-type]
        started_at="",
        ended_at="",
        run_s=1.0,
        first_cell_s=0.1,
        cells_done=1,
        cells_total=1,
        failure=None,
        sandbox={},
        machine={},
        digests={},
    )
    why = None if status == "completed" else cause("cell-raised", cell="1", ename="E", evalue="m")
    return Reproduction("differs" if why is None else "failed", why, result, None, Path())


@pytest.mark.parametrize("status", ["completed", "cell-failed"])
def test_there_is_no_verdict_on_it_and_a_failure_is_told(status: str) -> None:
    derived = as_derived(ended(status))
    assert derived.verdict is None
    assert (derived.cause is None) == (status == "completed")


@pytest.mark.real
@pytest.mark.enable_socket
@pytest.mark.django_db(transaction=True)
def test_it_runs_with_the_values_and_leaves_the_record_as_it_is(
    paper: Target, settings: Settings, monkeypatch: pytest.MonkeyPatch, anonymous: Client
) -> None:
    settings.REPRISE_CELL_TIMEOUT_S = 60
    settings.REPRISE_RUN_MEMORY = 2 * 2**30
    prove(paper)
    before = Evidence.objects.values().get(target=paper)
    snapshot = paper.repository.snapshots.get()
    snapshot.notebooks = [dataclasses.asdict(one) for one in outline_notebooks(Path(snapshot.path))]
    monkeypatch.setattr(executing, "ready_snapshot", lambda _, **_words: snapshot)
    run = request_derived(paper, parameters={"q_max": 0.7, "sample": "it's"}, requested_by=None)
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict, run.cause) == ("done", None, None)
    assert Evidence.objects.values().get(target=paper) == before
    executed = anonymous.get(f"/runs/{run.pk}/artefacts/executed.ipynb").content.decode()
    assert "0.7 it's True [1, 2] 3" in executed
    page = anonymous.get(run.get_absolute_url()).content.decode()
    assert "Derived analysis" in page
    assert "q_max = 0.7" in page
    assert "ran to its end with these values" in page


@pytest.mark.django_db(transaction=True)
def test_what_stops_it_before_it_runs_is_told_and_is_no_verdict(
    paper: Target, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REPRISE_DATA = tmp_path / "data"
    monkeypatch.setattr(executing, "choose_sandbox", lambda *_args, **_words: "bwrap")

    def gone(_: object, **_words: object) -> None:
        raise SnapshotError("repository-missing", source="x").seen_in("git: not found")

    monkeypatch.setattr(executing, "ready_snapshot", gone)
    run = request_derived(paper, parameters={"count": 4}, requested_by=None)
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict, (run.cause or {})["id"]) == ("done", None, "repository-missing")
    assert not Evidence.objects.exists()
