"""A run on record goes through Slurm: the story, the evidence and the lease are those of any run."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from django.db import connection
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pytest_django import Settings

from builder.engines.protocol import BuiltEnvironment, Lock, Package
from builder.models import Build, Environment
from builder.prepare import Prepared
from catalog.models import Target
from reproduce import execute as executing
from reproduce.execute import execute
from reproduce.executors.batch import BatchExecutor
from reproduce.executors.choose import choose_executor, limits_there, resources_of
from reproduce.models import Run, RunEvent
from reproduce.queue import cancel_run
from reproduce.runner.job import Limits
from tests.reproduce.runner.conftest import wait_until
from tests.slurm_cluster import SlurmCluster

_DATE = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def on_slurm(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> SlurmCluster:
    """The service runs its notebooks by the cluster."""
    cluster: SlurmCluster = request.getfixturevalue("cluster")
    settings.REPRISE_DATA = tmp_path
    settings.REPRISE_EXECUTOR = "slurm"
    settings.REPRISE_LEASE_S = 3
    settings.REPRISE_SLURM = dataclasses.replace(
        settings.REPRISE_SLURM, conf=str(cluster.conf), directory=tmp_path / "batch", poll_s=1
    )
    return cluster


@pytest.fixture
def make_run(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """A run of a notebook with one cell that printed `text`; its environment is the project's own."""

    def make(code: str, text: str) -> Run:
        snapshot = target.repository.snapshots.get()
        snapshot.path = str(tmp_path / "snapshot")
        snapshot.save()
        path = tmp_path / "snapshot" / target.notebook
        path.parent.mkdir(parents=True)
        cell = new_code_cell(code, outputs=[new_output("stream", text=text)])
        kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
        nbformat.write(new_notebook(cells=[cell], metadata={"kernelspec": kernelspec}), path)
        monkeypatch.setattr(executing, "ready_snapshot", lambda _, **_words: snapshot)
        monkeypatch.setattr(executing, "prepare", _prepare)
        return Run.objects.create(target=target, reason=Run.Reason.CLICK)

    return make


def _prepare(build: Build, **_: object) -> Prepared:
    lock = Lock("", "0" * 64, "3.11", _DATE, (Package("ipykernel", "6"),), ())
    environment = Environment.objects.create(
        snapshot=build.snapshot,
        engine="local",
        as_of=_DATE,
        python="3.11",
        recipe={"files": [], "python_reason": "", "as_of_reason": "", "engine_reason": ""},
        key="0" * 64,
        lock_sha256=lock.sha256,
        built_s=0.0,
    )
    built = BuiltEnvironment(
        engine="local",
        key="0" * 64,
        prefix=Path(sys.prefix),
        python_version="3.11",
        language="python",
        kernel_argv=(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        readonly_paths=(Path(sys.prefix), Path(sys.base_prefix)),
        lock=lock,
        recipe_files=(),
        is_reused=True,
        build_s=0.0,
    )
    return Prepared(environment, built, build)


def _texts(run: Run) -> list[str]:
    return list(RunEvent.objects.filter(run=run).order_by("seq").values_list("text", flat=True))


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
def test_a_run_gets_its_verdict_and_its_evidence_from_the_node(
    on_slurm: SlurmCluster, make_run: Callable[..., Run]
) -> None:
    run = make_run("print(6 * 7)", "42\n")
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict, run.cause) == ("done", "identical", None)
    assert on_slurm.node in run.machine["scheduler"]
    assert {"executed.ipynb", "events.jsonl", "scheduler.json"} <= set(run.artefacts)
    told = _texts(run)
    assert any(text.startswith("Slurm job ") and "runs on node" in text for text in told)
    assert "Cell 1 (1 of 1): print(6 * 7)" in told


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
def test_the_lease_holds_while_the_job_waits_and_cancelling_takes_it_out_of_the_queue(
    on_slurm: SlurmCluster, make_run: Callable[..., Run]
) -> None:
    on_slurm.call("scontrol", "update", "PartitionName=small", "State=DOWN")
    run = make_run("print(1)", "1\n")

    def work() -> None:
        execute(run.pk)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert wait_until(lambda: any("waits: PartitionDown" in text for text in _texts(run)), 30), _texts(run)
        time.sleep(5)
        run.refresh_from_db()
        assert run.state == "running"
        assert run.lease_until is not None
        assert run.lease_until > datetime.now(UTC)
        cancel_run(run)
        worker.join(20)
        run.refresh_from_db()
        assert (run.state, run.verdict) == ("cancelled", None)
        assert on_slurm.jobs() == {}
    finally:
        worker.join(40)
        on_slurm.call("scontrol", "update", "PartitionName=small", "State=UP")


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
def test_a_job_that_slurm_refuses_ends_the_run_without_a_verdict(
    on_slurm: SlurmCluster, make_run: Callable[..., Run], target: Target
) -> None:
    target.publication.facility.resources = {"partition": "nosuch"}
    target.publication.facility.save()
    run = make_run("print(1)", "1\n")
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict, run.cause and run.cause["id"]) == ("done", None, "scheduler-refused")
    assert "Invalid partition name" in json.dumps(run.cause)


@pytest.mark.django_db
def test_the_target_goes_before_the_facility_and_the_facility_before_the_installation(
    settings: Settings, target: Target
) -> None:
    settings.REPRISE_SLURM = dataclasses.replace(
        settings.REPRISE_SLURM, defaults="partition=main memory=1G processors=1", memory_bytes=8 * 2**30
    )
    target.publication.facility.resources = {"account": "mx", "processors": 2}
    target.resources = {"memory": "4G"}
    found = resources_of(target)
    assert (found.partition, found.account, found.processors, found.memory_bytes) == ("main", "mx", 2, 4 * 2**30)
    executor = choose_executor("slurm", target=target)
    assert isinstance(executor, BatchExecutor)
    assert limits_there(Limits(), executor).memory_bytes == 4 * 2**30


@pytest.mark.django_db(transaction=True)
def test_bounds_that_became_narrower_end_the_run_without_a_verdict(
    settings: Settings, tmp_path: Path, make_run: Callable[..., Run], target: Target
) -> None:
    settings.REPRISE_DATA = tmp_path
    settings.REPRISE_EXECUTOR = "slurm"
    target.resources = {"partition": "gpu"}
    target.save()
    run = make_run("print(1)", "1\n")
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict, run.cause and run.cause["id"]) == ("done", None, "resources-refused")
