"""A job that a worker left behind is ended by the sweep, unless it is an attempt's under way or somebody else's."""

from __future__ import annotations

import dataclasses
import uuid
from pathlib import Path

import pytest
from pytest_django import Settings

from catalog.models import Target
from reproduce.executors.slurm import Slurm
from reproduce.models import Run
from reproduce.sweep import sweep_jobs
from tests.slurm_cluster import SlurmCluster

pytestmark = pytest.mark.real


def _submit(cluster: SlurmCluster, name: str, comment: str) -> str:
    return cluster.call(
        *("sbatch", "--parsable", f"--job-name={name}", f"--comment={comment}", "--time=5", "--mem=10M"),
        *("--output=/dev/null", "--hold", "--wrap=sleep 60"),
    )


@pytest.mark.django_db
def test_only_jobs_of_runs_that_are_over_or_taken_anew_are_ended(
    target: Target, cluster: SlurmCluster, slurm: Slurm
) -> None:
    claim = uuid.uuid4()
    active = Run.objects.create(target=target, reason="click", state="running", claim=claim)
    over = Run.objects.create(target=target, reason="click", state="done")
    jobs = {
        "mine": _submit(cluster, f"reprise-{active.pk.hex}", str(claim)),
        "earlier": _submit(cluster, f"reprise-{active.pk.hex}", str(uuid.uuid4())),
        "over": _submit(cluster, f"reprise-{over.pk.hex}", str(claim)),
        "elsewhere": _submit(cluster, f"reprise-{uuid.uuid4().hex}", str(claim)),
        "other": _submit(cluster, "somebody", str(claim)),
    }
    assert sweep_jobs(slurm) == 2
    left = set(cluster.jobs(""))
    assert {name for name, number in jobs.items() if number in left} == {"mine", "elsewhere", "other"}
    for number in left:
        cluster.call("scancel", number)


@pytest.mark.django_db
def test_a_slurm_that_is_not_there_does_not_stop_the_sweep(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sweep_jobs(Slurm()) == 0


@pytest.mark.django_db
def test_directories_of_attempts_go_with_their_jobs_unless_the_attempt_is_under_way(
    target: Target, slurm: Slurm, settings: Settings, tmp_path: Path
) -> None:
    settings.REPRISE_SLURM = dataclasses.replace(settings.REPRISE_SLURM, directory=tmp_path)
    claim = uuid.uuid4()
    active = Run.objects.create(target=target, reason="click", state="running", claim=claim)
    over = Run.objects.create(target=target, reason="click", state="done")
    places = {
        "mine": tmp_path / f"reprise-{active.pk.hex}.{claim}",
        "earlier": tmp_path / f"reprise-{active.pk.hex}.{uuid.uuid4()}",
        "over": tmp_path / f"reprise-{over.pk.hex}.{claim}",
        "elsewhere": tmp_path / f"reprise-{uuid.uuid4().hex}.{claim}",
        "other": tmp_path / "somebody",
    }
    for place in places.values():
        place.mkdir()
    assert sweep_jobs(slurm) == 0
    assert {name for name, place in places.items() if place.exists()} == {"mine", "elsewhere", "other"}
