"""Directories of attempts: those of the dead go, those of the living and of the dying stay."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest
from pytest_django import Settings

from catalog.models import Target
from reproduce.lease import claim_run
from reproduce.left_behind import sweep_left_behind
from reproduce.models import Run
from reproduce.run_directories import run_directory, sweep_run_directories


@pytest.fixture
def run(target: Target, settings: Settings, tmp_path: Path) -> Run:
    settings.REPRISE_DATA = tmp_path
    claimed = claim_run(Run.objects.create(target=target, reason=Run.Reason.CLICK).pk)
    assert claimed is not None
    return claimed


def test_the_directory_of_an_attempt_under_way_stays_wherever_its_worker_is(run: Run, tmp_path: Path) -> None:
    elsewhere = tmp_path / "runs" / f"{run.pk}.{run.claim}"
    elsewhere.mkdir(parents=True)
    assert sweep_run_directories() == 0
    assert elsewhere.is_dir()


def test_the_directory_of_an_attempt_that_lost_its_claim_stays_while_its_worker_has_it(run: Run) -> None:
    with run_directory(run) as bundle:
        Run.objects.filter(pk=run.pk).update(claim=uuid.uuid4())
        assert sweep_run_directories() == 0
        assert bundle.is_dir()
    assert not bundle.exists()


def test_the_directory_of_a_dead_attempt_goes(run: Run, tmp_path: Path) -> None:
    dead = tmp_path / "runs" / f"{run.pk}.{uuid.uuid4()}"
    (dead / "files").mkdir(parents=True)
    assert sweep_left_behind() >= 1
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize(
    "place",
    [
        "environments/envs/.making-1.reprise",
        "environments/roots/.making-1.reprise",
        "environments/fonts/.making-1.reprise",
        "environments/scratch/image-1.reprise",
        "snapshots/.partial-1.reprise",
        "data-checks/.making-1.reprise",
        "broker/queue/1.celery.draft",
        "broker/done/1.celery.msg",
    ],
)
def test_what_was_half_made_when_its_maker_was_killed_goes(run: Run, tmp_path: Path, place: str) -> None:
    left = tmp_path / place
    if place.startswith("broker"):
        left.parent.mkdir(parents=True)
        left.touch()
        os.utime(left, (0, 0))
    else:
        (left / "deep").mkdir(parents=True)
    sweep_left_behind()
    assert not left.exists()
