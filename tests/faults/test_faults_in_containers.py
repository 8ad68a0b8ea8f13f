"""Workers, runners and machines are killed while notebooks run in containers of Docker: none of the dead is left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reproduce.runner.confinement.container_engine import LABEL
from tests.docker_engine import DockerEngine, docker_engine
from tests.faults.campaign import Campaign
from tests.faults.installation import Installation
from tests.faults.invariants import all_broken
from tests.faults.seed import SEED
from tests.faults.test_seeded_faults import papers

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]

KILLS = 12
# What befalls a run in a container; the others are killed on the way to it often enough elsewhere.
STAGES = ("ready", "kernel-starting", "cell-1", "cell-2", "cell-3", "comparing")
VICTIMS = ("pool-worker", "runner", "runner", "worker", "machine", "machine")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[DockerEngine]:
    """A running Docker engine of the tests' own."""
    own = tmp_path_factory.getbasetemp()
    with docker_engine(own if worker_id == "master" else own.parent) as started:
        yield started


def kept_by(engine: DockerEngine, known: set[str]) -> set[str]:
    """Return the containers of runs, and the volumes that are not among those known before."""
    containers = engine.docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}").split()
    return {*containers, *engine.docker("volume", "ls", "--quiet").split()} - known


def test_of_attempts_that_died_no_container_and_no_volume_is_left(
    engine: DockerEngine, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    known = kept_by(engine, set())
    settings = {"REPRISE_CONFINEMENT": "container", "REPRISE_CONTAINER_ENGINE": "docker"}
    # The engine's own client: another one may come first.
    settings["PATH"] = f"{Path(engine.program).parent}:{os.environ['PATH']}"
    settings |= {"REPRISE_CONTAINER_HOST": engine.host, "REPRISE_RUN_IMAGE": engine.base_image}
    installation = Installation(tmp_path, papers(tmp_path), **settings)
    try:
        installation.run_once(next(iter(installation.kinds)))
        campaign = Campaign(
            installation, SEED, KILLS, {}, trouble_every=KILLS, deadline_s=200, stages=STAGES, victims=VICTIMS
        )
        campaign.conduct()
        until = time.monotonic() + 20
        while (left := kept_by(engine, known)) and time.monotonic() < until:
            installation.tend()
            time.sleep(0.2)
        assert left == set()
        assert all_broken(installation, campaign.cancelled) == [], campaign.details()
    finally:
        installation.end()
    record_property("faults", campaign.details())
    line = f"faults in containers: {campaign.summary()}, all ended right, nothing left (seed {SEED})"
    record_property("counted", line)
