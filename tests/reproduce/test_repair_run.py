"""A repair in the service: tried for real in the queue's way, with nothing of it on record but the run itself."""

from __future__ import annotations

import dataclasses
import subprocess
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from builder.models import Environment
from builder.snapshot.notebooks import outline_notebooks
from catalog.causes import cause
from catalog.models import Evidence, Target
from reproduce import execute as executing
from reproduce import repair_run
from reproduce.execute import execute
from reproduce.models import Run, RunEvent
from reproduce.queue import cancel_run, request_repair
from reproduce.record import open_store
from tests.evidence import put_on_record
from tests.reproduce.cli.conftest import AS_OF, copy_repository

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def paper(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the target's repository, whose notebook imports a package that it does not name."""
    files = copy_repository("lacks-a-module", tmp_path / "paper")
    snapshot = target.repository.snapshots.get()
    snapshot.path, snapshot.committed_at = str(files), AS_OF
    snapshot.notebooks = [dataclasses.asdict(outline) for outline in outline_notebooks(files)]
    snapshot.save()
    Target.objects.filter(pk=target.pk).update(notebook="figure-1.ipynb")
    target.refresh_from_db()
    monkeypatch.setattr(executing, "ready_snapshot", lambda _, **_words: snapshot)
    return files


@pytest.fixture
def repaired(target: Target, paper: Path, settings: Settings) -> Callable[[], Run]:
    """Execute a trial of a repair."""
    settings.REPRISE_CELL_TIMEOUT_S = 60
    settings.REPRISE_RUN_MEMORY = 2 * 2**30

    def start() -> Run:
        why = cause("module-missing", cell="1", module="toolz").as_dict()
        put_on_record(target, uuid.uuid4(), verdict="failed", is_sandboxed=True, cause=why)
        run = request_repair(target, requested_by=None)
        execute(run.pk)
        run.refresh_from_db()
        return run

    return start


def story_of(run: Run) -> str:
    return "\n".join(RunEvent.objects.filter(run=run).values_list("text", flat=True))


def test_a_repair_that_works_leaves_its_patch_and_nothing_on_record(
    repaired: Callable[[], Run], target: Target, paper: Path
) -> None:
    run = repaired()
    assert (run.state, run.verdict, run.cause, run.environment) == ("done", "identical", None, None)
    with open_store().open(run.artefacts["repair.patch"]["sha256"]) as stream:
        patch = stream.read()
    subprocess.run(["git", "apply", "-"], input=patch, cwd=paper, check=True)
    assert (paper / "requirements.txt").read_text().splitlines()[1].startswith("toolz  # figure-1.ipynb")
    assert "Trying a repair of figure-1.ipynb: toolz" in story_of(run)
    assert "With this the notebook is identical." in story_of(run)
    assert Evidence.objects.get(target=target).verdict == "failed"
    assert [each.packages for each in Environment.objects.all() if "toolz" in str(each.packages)] == []


def test_where_nothing_helps_the_run_ends_as_the_notebook_did(repaired: Callable[[], Run], paper: Path) -> None:
    (paper / "requirements.txt").write_text("ipykernel==6.29.4\ntoolz\n")
    notebook = paper / "figure-1.ipynb"
    notebook.write_text(notebook.read_text().replace("toolz", "helpers_of_ours"))
    run = repaired()
    assert (run.state, run.verdict) == ("done", "failed")
    assert run.cause is not None
    assert run.cause["id"] == "module-missing"
    assert run.environment is not None
    assert "repair.patch" not in run.artefacts
    assert "executed.ipynb" in run.artefacts
    assert "No repair was found." in story_of(run)


def test_a_trial_that_is_cancelled_is_over(repaired: Callable[[], Run], monkeypatch: pytest.MonkeyPatch) -> None:
    make_room = repair_run.make_room

    def cancelling(*, now: datetime) -> None:
        cancel_run(Run.objects.get(is_repair=True))
        make_room(now=now)

    monkeypatch.setattr(repair_run, "make_room", cancelling)
    run = repaired()
    assert (run.state, run.verdict, run.artefacts) == ("cancelled", None, {})
