"""A seeded campaign of faults: runs are asked for, watched through the database, and hurt at the stages they reach."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from builder.process_tree import descendants
from tests.faults.installation import Installation, Machine
from tests.faults.processes import is_bubblewrap, is_runner, kill, works_on

STAGES = (
    *("queued", "preparing", "resolving", "ready", "kernel-starting"),
    *("cell-1", "cell-2", "cell-3", "comparing", "keeping", "ending"),
)
# Milliseconds after the stage was seen: the last three are over before a look could tell them apart.
DELAYS_MS = {"keeping": (5, 40), "ending": (30, 120), "kernel-starting": (0, 600), "ready": (0, 150)}
VICTIMS = ("pool-worker", "pool-worker", "pool-worker", "runner", "runner", "sandbox", "worker", "machine", "schedule")
BUSY = 6


@dataclass(order=True)
class Strike:
    """One fault that is due: when, what, to which run."""

    at: float
    victim: str
    stage: str
    run: str


@dataclass
class Watched:
    """A run and what will befall its next attempts: stage and victim of each."""

    target: int
    plan: list[tuple[str, str]]
    attempt: int = -1
    is_struck: bool = False
    is_cancelled: bool = False


@dataclass
class Campaign:
    """Goes on until enough processes were killed and every run is over."""

    installation: Installation
    seed: int
    kills_wanted: int
    troubles: dict[str, Callable[[], object]]
    trouble_every: int
    deadline_s: float
    stages: tuple[str, ...] = STAGES
    victims: tuple[str, ...] = VICTIMS
    kills: Counter[str] = field(default_factory=Counter)
    hurts: Counter[str] = field(default_factory=Counter)
    runs: dict[str, Watched] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._strikes: list[Strike] = []
        self._active: dict[str, tuple[str, int, int]] = {}
        self._next_trouble = self.trouble_every
        self._asked = 0.0

    @property
    def cancelled(self) -> set[str]:
        return {run for run, watched in self.runs.items() if watched.is_cancelled}

    def conduct(self) -> None:
        """Do it all. Raises TimeoutError when it does not end."""
        until = time.monotonic() + self.deadline_s
        while True:
            if time.monotonic() > until:
                raise TimeoutError(f"{self.summary()}; still under way: {self._active}\n{self.installation.logs()}")
            self.installation.tend()
            with suppress(sqlite3.Error, psycopg.Error):
                self._active = self.installation.ledger.active()
                self._look()
            self._strike_what_is_due()
            is_enough = self.kills.total() >= self.kills_wanted
            if is_enough and not self._active:
                return
            if not is_enough:
                self._ask_for_more()
                self._trouble()
            time.sleep(0.01)

    def summary(self) -> str:
        """Return the line that is shown."""
        runs = f"{len(self.runs)} runs ({len(self.cancelled)} cancelled)"
        return f"{self.kills.total()} kills, {self.hurts.total()} other faults, {runs}"

    def details(self) -> str:
        """Return what was done how often."""
        return ", ".join(f"{what} {count}" for what, count in sorted((self.kills + self.hurts).items()))

    def _ask_for_more(self) -> None:
        if len(self._active) >= BUSY or time.monotonic() - self._asked < 0.1:
            return
        self._asked = time.monotonic()
        taken = {self.runs[run].target for run in self._active if run in self.runs}
        free = [target for target in self.installation.kinds if target not in taken]
        target = self._random.choice(free)
        choice = "today" if self._random.random() < 0.15 else ""
        clerk = self.installation.clerk
        if self._random.random() < 0.08:
            clerk.tell("request", target, choice)
            time.sleep(self._random.uniform(0.0, 0.03))
            clerk.kill()
            self.kills["on-the-way-to-the-broker: web process"] += 1
            return  # whether it is on record shows at the next look
        run = clerk.ask("request", target, choice)
        if isinstance(run, str):
            self._watch(run, target)
            self._active.setdefault(run, ("queued", 0, 0))

    def _watch(self, run: str, target: int) -> Watched:
        plan = [
            (self._random.choice(self.stages), self._random.choice(self.victims))
            for _ in range(self._random.choice((0, 1, 1, 2, 2, 3)))
        ]
        if self._random.random() < 0.06:
            plan = [(self._random.choice(self.stages), "cancel")]
        return self.runs.setdefault(run, Watched(target, plan))

    def _look(self) -> None:
        for run, (state, attempts, cells) in self._active.items():
            watched = self.runs.get(run) or self._watch(run, self._target_of(run))
            attempt = attempts + (state == "queued")
            if attempt != watched.attempt:
                watched.attempt, watched.is_struck = attempt, False
            if watched.is_struck or not watched.plan:
                continue
            stage, victim = watched.plan[0]
            if self._has_reached(run, stage, state, cells):
                watched.plan.pop(0)
                watched.is_struck = True
                delay_ms = self._random.uniform(*DELAYS_MS.get(stage, (0, 60)))
                self._strikes.append(Strike(time.monotonic() + delay_ms / 1000, victim, stage, run))

    def _target_of(self, run: str) -> int:
        """Find the target of a run that was put on record by a clerk who was killed."""
        key = run.replace("-", "")
        rows = self.installation.ledger.rows("SELECT id, target_id FROM reproduce_run")
        return next(int(target) for pk, target in rows if str(pk).replace("-", "") == key)

    def _has_reached(self, run: str, stage: str, state: str, cells: int) -> bool:
        if stage in ("queued", "preparing"):
            return state == stage
        if stage == "resolving":
            return state == "preparing" and self.installation.ledger.has_said(run, "Stage: resolve")
        if stage in ("ready", "kernel-starting"):
            return state == "running" and cells == 0
        if stage.startswith("cell-"):
            return state == "running" and cells >= int(stage[-1]) - 1
        return state == "comparing"

    def _strike_what_is_due(self) -> None:
        now = time.monotonic()
        due, self._strikes = [s for s in self._strikes if s.at <= now], [s for s in self._strikes if s.at > now]
        for strike in sorted(due):
            if strike.victim == "cancel":
                if self.installation.clerk.ask("cancel", strike.run) is True:
                    self.runs[strike.run].is_cancelled = True
                    self.hurts[f"{strike.stage}: cancel"] += 1
            elif self._kill(strike):
                self.kills[f"{strike.stage}: {strike.victim}"] += 1

    def _kill(self, strike: Strike) -> bool:
        if strike.victim == "schedule":
            return self.installation.beat.kill()
        machine, process = self._who_has(strike.run)
        if strike.victim == "machine":
            return machine.cut_power()
        if strike.victim == "worker":
            return machine.kill()
        below = descendants(process)
        runner = next((pid for pid in below if is_runner(pid)), None)
        if strike.victim == "sandbox" and (outer := next((pid for pid in below if is_bubblewrap(pid)), None)):
            return kill(outer)
        if strike.victim in ("runner", "sandbox") and runner is not None:
            strike.victim = "runner"
            return kill(runner)
        strike.victim = "pool-worker"
        return kill(process)

    def _who_has(self, run: str) -> tuple[Machine, int]:
        """Return who works on the run, else anybody who might be about to."""
        pools = [(machine, pid) for machine in self.installation.machines for pid in machine.pool()]
        for machine, pid in pools:
            if works_on(pid, run):
                return machine, pid
        if pools:
            return self._random.choice(pools)
        machine = self._random.choice(self.installation.machines)
        return machine, machine.pid

    def _trouble(self) -> None:
        if self.troubles and self.kills.total() >= self._next_trouble:
            self._next_trouble += self.trouble_every
            what = self._random.choice(sorted(self.troubles))
            self.troubles[what]()
            self.hurts[what] += 1
