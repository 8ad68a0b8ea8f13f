"""Workers and Slurm's own parts are killed while notebooks wait, run and end as jobs: none is left, none runs twice."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.installation import Installation
from tests.faults.invariants import all_broken
from tests.faults.processes import kill, works_on
from tests.faults.seed import SEED
from tests.faults.test_seeded_faults import papers
from tests.slurm_cluster import SlurmCluster, slurm_cluster

pytestmark = [pytest.mark.real, pytest.mark.timeout(700)]

# At which stage of its job a run is hurt, and how; in an order that the seed chooses.
FAULTS = (
    *(("pending", "worker"), ("running", "worker"), ("ended", "worker")),
    *(("pending", "machine"), ("running", "machine"), ("ended", "machine")),
    *(("running", "pool-worker"), ("running", "slurmd"), ("running", "slurmctld"), ("ended", "pool-worker")),
    *(("running", "scancel"), ("running", "node")),
)
AT_ONCE = 4
DEADLINE_S = 500.0


@dataclass
class Hurt:
    """A run that a fault is meant for."""

    stage: str
    victim: str
    has_had_job: bool = False
    is_struck: bool = False


class Strikes:
    """Asks for as many runs as there are faults, and hurts each once, at its stage."""

    def __init__(self, installation: Installation, cluster: SlurmCluster, seed: int) -> None:
        self._installation = installation
        self._cluster = cluster
        self._random = random.Random(seed)
        self._waiting = self._random.sample(FAULTS, len(FAULTS))
        self._put_off: dict[str, float] = {}
        self._jobs: dict[str, tuple[str, str]] = {}
        self.runs: dict[str, Hurt] = {}
        self.done: Counter[str] = Counter()
        self.ended_by_slurm: set[str] = set()

    def conduct(self) -> None:
        """Do it all; return when every run is over and the queue is empty. Raises TimeoutError."""
        until = time.monotonic() + DEADLINE_S
        while True:
            self._installation.tend()
            active = self._installation.ledger.active()
            self._jobs = self._queue()
            if self._waiting and len(active) < AT_ONCE:
                self._ask_for_one(active)
            elif not self._waiting and not active and not self._jobs:
                return
            for run in active:
                self._look_at(run, active[run][0])
            if time.monotonic() > until:
                controller = (self._cluster.place / "slurmctld.log").read_text(errors="replace")[-6000:]
                raise TimeoutError(f"{active} {self._jobs} {self.done}\n{self._installation.logs()}\n{controller}")
            time.sleep(0.05)

    def _queue(self) -> dict[str, tuple[str, str]]:
        """Return number and state of the job of each run. A job whose start was put off is let start."""
        with suppress(AssertionError, subprocess.TimeoutExpired):
            # A controller that was killed forgets its newest jobs and gives their numbers away again; the node, which
            # still has them, is drained for it until an operator says otherwise.
            self._cluster.resume_if_drained()
            lines = self._cluster.call("squeue", "--noheader", "--format=%i|%T|%r|%j").splitlines()
            rows = [line.split("|") for line in lines]
            for number, _, reason, _ in rows:
                # Not at once: see SlurmCluster.start_now.
                if reason == "BeginTime" and time.monotonic() - self._put_off.setdefault(number, time.monotonic()) > 2:
                    with suppress(AssertionError):
                        self._cluster.call("scontrol", "update", f"JobId={number}", "StartTime=now")
                elif reason != "BeginTime":
                    self._put_off.pop(number, None)
            return {name.removeprefix("reprise-"): (number, state) for number, state, _, name in rows}
        return self._jobs

    def _ask_for_one(self, active: dict[str, tuple[str, int, int]]) -> None:
        target = list(self._installation.kinds)[len(self.runs)]
        stage, victim = self._waiting.pop()
        run = self._installation.clerk.ask("request", target)
        assert isinstance(run, str), run
        self.runs[run] = Hurt(stage, victim)
        active[run] = ("queued", 0, 0)

    def _look_at(self, run: str, state: str) -> None:
        hurt = self.runs.get(run)
        number, seen = self._jobs.get(run.replace("-", ""), ("", ""))
        if hurt is None or hurt.is_struck:
            return
        hurt.has_had_job = hurt.has_had_job or bool(number)
        is_there = {
            # A job that starts at once is never seen waiting.
            "pending": seen == "PENDING" or hurt.has_had_job,
            "running": seen == "RUNNING" and self._installation.ledger.has_said(run, "Cell 1"),
            "ended": state == "comparing" or (hurt.has_had_job and seen in ("", "COMPLETING")),
        }
        if is_there[hurt.stage]:
            time.sleep(self._random.uniform(0.0, 0.2))
            hurt.is_struck = self._strike(hurt.victim, run, number)
            self.done[f"{hurt.stage}: {hurt.victim}"] += hurt.is_struck

    def _strike(self, victim: str, run: str, number: str) -> bool:
        if victim == "scancel":
            self.ended_by_slurm.add(run)
            self._cluster.call("scancel", number)
        elif victim == "node":
            self._cluster.fail_node()
        elif victim in ("slurmd", "slurmctld"):
            self._cluster.kill_and_restart(victim)
        else:
            pools = [(machine, pid) for machine in self._installation.machines for pid in machine.pool()]
            machine, pid = next(((each, pid) for each, pid in pools if works_on(pid, run)), (None, 0))
            if machine is None:
                return False
            return {"worker": machine.kill, "machine": machine.cut_power, "pool-worker": lambda: kill(pid)}[victim]()
        return True


@pytest.fixture(scope="module")
def cluster() -> Iterator[SlurmCluster]:
    """A running cluster of one node, which is killed in parts."""
    with slurm_cluster() as started:
        yield started


def test_every_run_ends_right_and_no_job_of_a_dead_attempt_is_left(
    cluster: SlurmCluster, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    settings = {"REPRISE_EXECUTOR": "slurm", "REPRISE_SLURM_CONF": str(cluster.conf), "REPRISE_SLURM_POLL_S": "1"}
    settings |= {"REPRISE_RUN_PROCESSORS": "1", "REPRISE_RUN_MEMORY": "512M"}
    settings["PATH"] = f"{os.environ['PATH']}:/usr/sbin"
    installation = Installation(tmp_path, papers(tmp_path), **settings)
    try:
        installation.run_once(next(iter(installation.kinds)))
        strikes = Strikes(installation, cluster, SEED)
        strikes.conduct()
        until = time.monotonic() + 20
        while (left := list((installation.data / "batch").iterdir())) and time.monotonic() < until:
            installation.tend()
            time.sleep(0.2)
        assert left == []
        broken = [line for line in all_broken(installation, set()) if not is_ended_by_slurm(line, strikes)]
        assert broken == [], f"{dict(strikes.done)}\n{installation.logs()}"
    finally:
        installation.end()
    details = ", ".join(f"{what} {count}" for what, count in sorted(strikes.done.items()))
    record_property("faults", details)
    line = f"faults on Slurm: {strikes.done.total()} faults, {len(strikes.runs)} runs, all ended right (seed {SEED})"
    record_property("counted", line)


def is_ended_by_slurm(line: str, strikes: Strikes) -> bool:
    """Tell whether a finding is only that a run has no verdict because somebody cancelled its job."""
    return any(line.startswith(run) for run in strikes.ended_by_slurm) and ": no verdict, {'id': 'cancelled'" in line
