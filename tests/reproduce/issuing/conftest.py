"""An installation that issues: its data directory is the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from catalog.models import Target
from reproduce.issuing.issue import issue
from reproduce.models import Certificate, Run
from tests.evidence import make_environment, prove


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.REPRISE_DATA = tmp_path
    return tmp_path


def prove_with_environment(target: Target, *, verdict: str = "reproduced") -> Run:
    """Put a verdict on record by a run that has an environment and a build."""
    run = prove(target, verdict=verdict)
    environment = run.snapshot.environments.first() or make_environment(run.snapshot)  # type: ignore[union-attr]
    Run.objects.filter(pk=run.pk).update(environment=environment, build=environment.builds.get())
    run.refresh_from_db()
    return run


@pytest.fixture
def run(target: Target) -> Run:
    """A run of Figure 1 that reproduced it, on record."""
    return prove_with_environment(target)


@pytest.fixture
def certificate(run: Run) -> Certificate:
    """Its certificate."""
    issued = issue(run.pk)
    assert issued is not None
    return issued
