"""Each fixture repository through registration, fetch, click and worker: the verdict, its cause, and what is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import nbformat
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from builder.models import Snapshot
from builder.prepare import artefact_store
from catalog.models import Evidence, Target
from reproduce.execute import execute
from reproduce.models import Run
from tests.journeys.bad_input.papers import Paper, click, register, run_page
from tests.journeys.installation import git_repository
from tests.reproduce.runner.conftest import processes_with

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

REPOSITORIES = Path(__file__).resolve().parents[3] / "fixtures" / "repositories"
EXPECTED = {path.parent.name: json.loads(path.read_text()) for path in sorted(REPOSITORIES.glob("*/expected.json"))}
NAMES = [name for name in EXPECTED if name != "no-notebooks"]
# They end before a notebook runs: an environment is tried for the first two alone.
UNBUILT = {"requirement-does-not-exist", "requirements-conflict"}
UNTRIED = {"notebook-not-json", "unknown-kernel", "without-outputs"}


@dataclass(frozen=True)
class Ended:
    """A run that is over, and the browser of who may look at it."""

    run: Run
    author: Client
    data: Path

    def artefact(self, name: str) -> bytes:
        """Return a file of the evidence as a reader downloads it."""
        answer = self.author.get(reverse("artefact", args=[self.run.pk, name]))
        assert answer.status_code == 200
        return bytes(answer.content)


def reproduce(author: Client, data: Path, folder: Path, name: str) -> Ended:
    """Register the fixture repository, confirm its notebook as Figure 1, click, and be the worker."""
    git_repository(folder / name, REPOSITORIES / name)
    paper: Paper = register(author, folder / name)
    assert paper.fetch().state == Snapshot.State.READY
    run_id = click(author, paper.confirm("figure-1.ipynb"))
    execute(run_id)
    return Ended(Run.objects.get(pk=run_id), author, data)


@pytest.mark.parametrize("name", NAMES)
def test_a_repository_ends_as_expected_and_its_page_says_why(
    author: Client, data: Path, tmp_path: Path, settings: Settings, name: str
) -> None:
    settings.REPRISE_REPETITIONS = EXPECTED[name].get("repeat", 2)
    ended = reproduce(author, data, tmp_path, name)
    run, expected = ended.run, EXPECTED[name]
    seen = (run.state, run.verdict, run.cause and run.cause["id"])
    assert seen == ("done", expected["verdict"], expected["cause"]), run.cause
    assert (run.claim, run.lease_until, run.attempts) == (None, None, 1)
    assert_told(ended)
    assert_on_record(run)
    assert_kept(ended, name)
    assert_nothing_is_left(ended)


def assert_told(ended: Ended) -> None:
    page = unescape(run_page(ended.author, ended.run.pk))
    if ended.run.cause:
        assert ended.run.cause["message"] in page
        assert ended.run.cause["hint"] in page
    # Where a sandbox was, no page says there was none.
    assert ended.run.sandbox["kind"] == "bwrap"
    assert "not sandboxed" not in page


def assert_on_record(run: Run) -> None:
    evidence = Evidence.objects.filter(target=run.target).first()
    if run.verdict is None:
        assert evidence is None
        return
    assert evidence is not None
    assert (evidence.verdict, evidence.cause, evidence.run) == (run.verdict, run.cause, run.pk)
    assert evidence.is_sandboxed


def assert_kept(ended: Ended, name: str) -> None:
    """What there is of it is kept: up to the failure, and not more than there was."""
    run = ended.run
    for kept in run.artefacts.values():
        assert artefact_store().verify(kept["sha256"]).size_bytes == kept["size_bytes"]
    published = ended.artefact("published.ipynb")
    assert published == (REPOSITORIES / name / "figure-1.ipynb").read_bytes()
    has_run = name not in UNBUILT | UNTRIED
    assert ("executed.ipynb" in run.artefacts) == ("kernel.log" in run.artefacts) == has_run
    assert ("build.log" in run.artefacts) == (name not in UNTRIED)
    if has_run:
        executed = nbformat.reads(ended.artefact("executed.ipynb").decode(), as_version=4)
        assert len(executed.cells) == len(nbformat.reads(published.decode(), as_version=4).cells)
        assert run.environment is not None
        assert run.cells_done <= run.cells_total == sum(cell.cell_type == "code" for cell in executed.cells)
        said = json.loads(ended.artefact("verdict.json"))["notebooks"][0]
        assert (said["verdict"], said["cause"]) == (run.verdict, run.cause)
    if name not in UNTRIED:
        assert run.build is not None
        assert run.build.state == ("succeeded" if has_run else "failed")
        assert ended.artefact("build.log").decode().strip() == run.build.log.strip() != ""
        assert reverse("artefact", args=[run.pk, "build.log"]) in run_page(ended.author, run.pk)


def assert_nothing_is_left(ended: Ended) -> None:
    assert processes_with(str(ended.data)) == []
    assert processes_with(str(ended.run.pk)) == []
    assert list((ended.data / "runs").glob("*/*")) == []
    assert list((ended.data / "artefacts" / "incoming").iterdir()) == []


def test_a_repository_without_notebooks_offers_nothing_to_run(author: Client, data: Path, tmp_path: Path) -> None:
    git_repository(tmp_path / "paper", REPOSITORIES / "no-notebooks")
    paper = register(author, tmp_path / "paper")
    assert paper.fetch().state == Snapshot.State.READY
    page = paper.targets_page()
    assert EXPECTED["no-notebooks"]["cause"] in page
    assert "Confirm the targets" not in page
    assert not Target.objects.exists()


def test_a_notebook_that_is_gone_from_its_repository_is_unavailable(author: Client, data: Path, tmp_path: Path) -> None:
    git_repository(tmp_path / "paper", REPOSITORIES / "identical-tiny")
    paper = register(author, tmp_path / "paper")
    paper.fetch()
    target = paper.confirm("figure-1.ipynb")
    Target.objects.filter(pk=target.pk).update(notebook="figure-9.ipynb")
    run_id = click(author, target)
    execute(run_id)
    run = Run.objects.get(pk=run_id)
    assert (run.state, run.verdict, run.cause["id"]) == ("done", "unavailable", "notebook-missing")
    assert run.build is None
