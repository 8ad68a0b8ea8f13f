"""Faults of this service: no verdict on the author, named as ours, nothing half-kept, and the next run comes out."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from builder.models import Snapshot
from catalog.models import Evidence, Target
from reproduce import execute as executing
from reproduce import judging, reproduction
from reproduce.execute import execute
from reproduce.executors import local
from reproduce.models import Run
from reproduce.runner import launch
from reproduce.runner.job import Job, Result
from tests.journeys.bad_input.papers import Paper, click, register, run_page
from tests.journeys.installation import ask, git_repository, notebook

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

FILES = {"figure-1.ipynb": notebook(("print('one')", "one\n")), "requirements.txt": "ipykernel==6.29.4\n"}


@dataclass
class Case:
    """A paper that comes out when nothing is in the way."""

    author: Client
    paper: Paper
    target: Target = field(init=False)

    def prepare(self) -> None:
        assert self.paper.fetch().state == Snapshot.State.READY
        self.target = self.paper.confirm("figure-1.ipynb")

    def run(self) -> Run:
        run_id = click(self.author, self.target)
        execute(run_id)
        return Run.objects.get(pk=run_id)


@pytest.fixture
def case(author: Client, data: Path, tmp_path: Path, settings: Settings) -> Case:
    settings.REPRISE_RUN_ATTEMPTS = 1
    git_repository(tmp_path / "paper", FILES)
    return Case(author, register(author, tmp_path / "paper"))


def assert_ours(case: Case, run: Run, cause_id: str, fault: str) -> None:
    """It is over without a verdict, its page names this service, and nothing is on the paper's record."""
    seen = (run.state, run.verdict, run.cause["id"], run.cause["fault"])
    assert seen == ("done", None, cause_id, fault), run.cause
    assert (run.claim, run.lease_until) == (None, None)
    page = unescape(run_page(case.author, run.pk))
    assert run.cause["message"] in page
    assert "It lies with the repository" not in page
    assert not Evidence.objects.exists()


@dataclass
class Disk:
    """A disk that holds the artefacts, and may be full."""

    root: Path
    is_full: bool = False

    def fsync(self, descriptor: int) -> None:
        """Stand in for os.fsync, which is where a full disk shows at the latest."""
        place = Path(f"/proc/self/fd/{descriptor}").readlink()
        if self.is_full and place.is_relative_to(self.root):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def assert_nothing_is_half_kept(self) -> None:
        assert list((self.root / "incoming").iterdir()) == []


@pytest.fixture
def disk(data: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk(data / "artefacts")
    monkeypatch.setattr("catalog.artefacts.os.fsync", made.fsync)
    return made


def test_a_full_disk_before_the_environment_is_on_record_is_no_verdict(case: Case, disk: Disk) -> None:
    case.prepare()
    disk.is_full = True
    run = case.run()
    assert_ours(case, run, "disk-full", "operator")
    assert run.artefacts == {}
    disk.assert_nothing_is_half_kept()
    disk.is_full = False
    assert case.run().verdict == "identical"


def test_a_disk_that_fills_while_the_notebook_runs_is_no_verdict(
    case: Case, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.prepare()

    def reproduce(*arguments: object, **words: object) -> object:
        done = reproduction.reproduce_notebook(*arguments, **words)  # type: ignore[arg-type]
        assert done.verdict == "identical"
        disk.is_full = True
        return done

    monkeypatch.setattr(executing, "reproduce_notebook", reproduce)
    run = case.run()
    assert_ours(case, run, "disk-full", "operator")
    assert (run.artefacts, run.comparison) == ({}, None)
    disk.assert_nothing_is_half_kept()


def test_a_disk_that_is_full_when_a_refusal_is_kept_is_no_verdict_either(
    case: Case, disk: Disk, tmp_path: Path
) -> None:
    case.prepare()
    Snapshot.objects.update(notebooks=[])
    (Path(case.paper.snapshot.path) / "figure-1.ipynb").chmod(0o644)
    (Path(case.paper.snapshot.path) / "figure-1.ipynb").write_text("<<<<<<< HEAD")
    disk.is_full = True
    assert_ours(case, case.run(), "disk-full", "operator")
    disk.is_full = False
    assert case.run().verdict == "failed"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_while_fetching_is_named_and_leaves_nothing(
    case: Case, data: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def write_files(*_arguments: object, **_words: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("builder.snapshot.checkout.write_files", write_files)
    snapshot = case.paper.fetch()
    assert (snapshot.state, snapshot.cause["id"], snapshot.cause["fault"]) == ("failed", "disk-full", "operator")
    assert snapshot.cause["message"] in unescape(case.paper.targets_page())
    assert list((data / "snapshots").iterdir()) == []
    assert not Target.objects.exists()


def test_an_error_of_ours_in_the_proposals_leaves_no_half_fetched_snapshot(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr("builder.fetch.propose_targets", fail)
        snapshot = case.paper.fetch()
        assert (snapshot.state, snapshot.cause["id"], snapshot.commit) == ("failed", "internal-error", "")
        assert "internal-error" in case.paper.targets_page()
    assert case.paper.fetch_again().state == "ready"


def test_an_error_of_ours_in_the_comparison_keeps_what_came_out(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.prepare()

    def fail(*_arguments: object, **_words: object) -> None:
        raise ZeroDivisionError("a bug in the comparison")

    with monkeypatch.context() as broken:
        broken.setattr(judging, "compare_repeatedly", fail)
        run = case.run()
    assert_ours(case, run, "internal-error", "service")
    assert {"executed.ipynb", "published.ipynb", "build.log"} <= run.artefacts.keys()
    assert "verdict.json" not in run.artefacts
    # No reader is shown the inside of this service.
    assert "a bug in the comparison" not in run_page(case.author, run.pk)
    assert case.run().verdict == "identical"


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false"])
def test_a_runner_that_does_not_start_is_ours(case: Case, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    case.prepare()
    with monkeypatch.context() as broken:
        broken.setattr(launch.sys, "executable", program)
        run = case.run()
    assert_ours(case, run, "internal-error", "service")
    assert case.run().verdict == "identical"


def own_environments(data: Path) -> Path:
    """Give the case environments of its own, which it may damage."""
    shared = (data / "environments").readlink()
    (data / "environments").unlink()
    shutil.copytree(
        shared / "envs",
        data / "environments" / "envs",
        symlinks=True,
        copy_function=os.link,
        # What another process of the tests is just making may be gone before it is copied.
        ignore=shutil.ignore_patterns(".making-*"),
    )
    return data / "environments" / "envs"


def lose_kernel(environments: Path) -> None:
    for package in environments.glob("*/lib/python*/site-packages/ipykernel"):
        shutil.rmtree(package)


def test_an_environment_that_lost_its_kernel_on_our_disk_is_made_again(case: Case, data: Path) -> None:
    case.prepare()
    assert case.run().verdict == "identical"
    lose_kernel(own_environments(data))
    assert case.run().verdict == "identical"


def test_a_kernel_that_is_lost_on_our_disk_while_it_starts_is_ours(
    case: Case, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.prepare()
    assert case.run().verdict == "identical"
    evidence = Evidence.objects.values().get()
    environments = own_environments(data)

    start = local.run_job

    def lose_and_start(job: Job, bundle: Path, **callbacks: Any) -> Result:  # noqa: ANN401 - handed on as they come
        lose_kernel(environments)
        return start(job, bundle, **callbacks)

    monkeypatch.setattr(local, "run_job", lose_and_start)
    run = case.run()
    assert (run.verdict, run.cause["id"], run.cause["fault"]) == (None, "internal-error", "service"), run.cause
    assert "ipykernel" in case.author.get(f"/runs/{run.pk}/artefacts/kernel.log").content.decode()
    assert Evidence.objects.values().get() == evidence


FAILING_SANDBOX = """#!/bin/sh
for last; do :; done
test "$last" = true && exit 0
echo "bwrap: Can't mount proc on /newroot/proc: Operation not permitted" >&2
exit 1
"""


def test_a_sandbox_that_fails_for_this_run_is_ours(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case.prepare()
    assert case.run().verdict == "identical"
    evidence = Evidence.objects.values().get()
    program = tmp_path / "bin" / "bwrap"
    program.parent.mkdir()
    program.write_text(FAILING_SANDBOX)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    run = case.run()
    assert (run.verdict, run.cause["id"], run.cause["fault"]) == (None, "internal-error", "service"), run.cause
    assert Evidence.objects.values().get() == evidence


def test_without_a_sandbox_a_strangers_notebook_is_not_run(
    case: Case, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.prepare()
    settings.REPRISE_ALLOW_UNSANDBOXED = "no"
    monkeypatch.setattr(reproduction, "detect_sandbox", lambda: None)
    run = case.run()
    assert_ours(case, run, "sandbox-missing", "operator")
    assert (run.sandbox, run.build, run.snapshot) == ({}, None, None)


BROKEN_BROKER = """
import shutil
from datetime import timedelta
from pathlib import Path
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from config.celery import make_broker_directories
from config.installation import prepare_installation
from catalog.models import Publication, Repository, Target
from reproduce.models import Run
from reproduce.sweep import sweep_runs
from reproduce.tasks import execute_run
prepare_installation()
owner = User.objects.create_user("owner")
publication = Publication.objects.create(doi="10.5072/fault", title="Fault", owner=owner, state="published")
repository = Repository.objects.create(publication=publication, url="https://git.example.org/a/b.git")
Target.objects.create(publication=publication, repository=repository, label="Figure 1", slug="figure-1",
                      notebook="figure-1.ipynb", state="confirmed")
broker = Path(settings.REPRISE_DATA) / "broker"
shutil.rmtree(broker, ignore_errors=True)
broker.write_text("This is no directory.")
clicked = Client(HTTP_HOST="localhost").post("/reproduce/10.5072/fault/figure-1")
run = Run.objects.get()
led_to = Client(HTTP_HOST="localhost").get(clicked.headers["Location"]).status_code
broker.unlink()
make_broker_directories()
soon = sweep_runs(execute_run, now=timezone.now())
late = sweep_runs(execute_run, now=timezone.now() + timedelta(seconds=2 * settings.REPRISE_LEASE_S + 1))
answer = [clicked.status_code, led_to, run.state, soon, late, len(list((broker / "queue").iterdir()))]
"""


def test_a_broker_that_takes_nothing_delays_a_run_and_loses_none(tmp_path: Path) -> None:
    answer = ask(tmp_path / "data", BROKEN_BROKER, REPRISE_LOG_LEVEL="ERROR")
    assert answer == [302, 200, "queued", 0, 1, 1]
