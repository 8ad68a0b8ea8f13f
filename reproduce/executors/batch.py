"""Through a batch system: stage the bundle, submit, follow through the shared file system, tell the endings apart."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from catalog.resources import Resources
from reproduce.errors import RunError
from reproduce.executors.ending import Ending, conclude
from reproduce.executors.follow import Follower, Patience, Submitted
from reproduce.executors.protocol import IsCancelled, OnEvent
from reproduce.executors.scheduler import Request, Scheduler, SchedulerUnreachableError
from reproduce.executors.script import Node, write_script
from reproduce.executors.stage import FACTS_FILE, Stage
from reproduce.runner.bundle import clear_results
from reproduce.runner.job import Job, Result

# What starting Python on a slow file system and putting the evidence away may take on top of the run's own time.
_OVERHEAD_S: Final = 300.0
# What the runner itself takes beside the kernel, whose memory is limited by the job.
_RUNNER_BYTES: Final = 768 << 20
_LABEL: Final = re.compile(r"[a-z0-9-]{1,64}")
_ASK_AGAIN_S: Final = 2.0
_CLEAR_S: Final = 60.0
_LOOK_AGAIN_S: Final = 0.3
_CANCEL_S: Final = 30.0
_URGENT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class RunLabel:
    """By what the jobs of a run are found again: `run` is the same for every attempt, `attempt` for one alone."""

    run: str
    attempt: str

    def __post_init__(self) -> None:
        for part in (self.run, self.attempt):
            if not _LABEL.fullmatch(part):
                raise ValueError(f"{part!r} cannot be part of the name of a job")

    @property
    def name(self) -> str:
        return f"reprise-{self.run}"


@dataclass(frozen=True, slots=True)
class BatchExecutor:
    """Runs jobs on the nodes of a batch system. `shared` is a directory that this machine and the nodes see alike."""

    name: str
    scheduler: Scheduler
    shared: Path
    node: Node
    label: RunLabel
    resources: Resources = field(default_factory=Resources)
    patience: Patience = field(default_factory=Patience)

    def run(
        self, job: Job, bundle: Path, *, on_event: OnEvent | None = None, is_cancelled: IsCancelled | None = None
    ) -> Result:
        """Run the job as `Executor` promises.

        A job of the same run that a worker left behind is ended first. One that is lost with its node, preempted for
        good or forgotten is submitted again; after `patience.starts` times that is RunError node-failed or job-lost.
        """
        tell, is_cancelled = on_event or _ignore, is_cancelled or _never
        bundle.mkdir(parents=True, exist_ok=True)
        clear_results(bundle)
        job = dataclasses.replace(job, gpus=self.resources.gpu_count)
        for start in range(1, self.patience.starts + 1):
            ending = self._start(job, bundle, tell, is_cancelled)
            if not ending.is_to_repeat or start == self.patience.starts:
                break
            tell({"type": "log", "text": f"{ending.words} It is submitted again."})
            tell({"type": "restarted"})
        return conclude(ending, self.scheduler.title, starts=self.patience.starts)

    def _start(self, job: Job, bundle: Path, tell: OnEvent, is_cancelled: IsCancelled) -> Ending:
        """Submit the job once and follow it to its end; nothing of it is left then."""
        self.shared.mkdir(parents=True, exist_ok=True, mode=0o700)
        stage = Stage(self.shared / f"{self.label.name}.{self.label.attempt}")
        stage.remove()
        stage.prepare(job, write_script(stage.place, self.node, self.resources.modules, has_gpus=job.gpus > 0))
        request = self._request(job, stage)

        def hear(event: dict[str, Any]) -> None:
            if event["type"] == "cell-ended":
                stage.show(bundle)
            tell(event)

        try:
            number = self._submit(stage, request, tell, is_cancelled)
            if number is None:
                return Ending(job, "cancelled", words="it was cancelled")
            tell({"type": "log", "text": f"{self.scheduler.title} job {number} is submitted."})
            follower = Follower(
                Submitted(self.scheduler, number, request, stage, job), self.patience, hear, is_cancelled
            )
            try:
                ending = follower.follow()
            finally:
                if not follower.is_over:
                    self._end(number, request.name)
            stage.collect(bundle)
            return self._with_facts(ending, number, bundle, request)
        finally:
            stage.remove()

    def _request(self, job: Job, stage: Stage) -> Request:
        wanted_s = job.limits.run_timeout_s + _OVERHEAD_S
        return Request(
            name=self.label.name,
            comment=self.label.attempt,
            resources=self.resources,
            time_s=int(min(wanted_s, self.resources.time_s or wanted_s)),
            memory_bytes=job.limits.memory_bytes + _RUNNER_BYTES,
            processors=math.ceil(job.limits.processors),
            log=stage.log,
        )

    def _submit(self, stage: Stage, request: Request, tell: OnEvent, is_cancelled: IsCancelled) -> str | None:
        """Submit once, whatever becomes of the answer; None when it was cancelled before. Raises RunError."""

        def try_once() -> str:
            # Also one of ours whose number never reached us.
            self._end_earlier(stage)
            return self.scheduler.submit(stage.script, request)

        return self._asked(try_once, tell, is_cancelled)

    def _end_earlier(self, own: Stage) -> None:
        """End the jobs of this run that are still there, wait until they are gone, and remove what they left."""
        end = time.monotonic() + _CLEAR_S
        while found := self._there():
            for number in found:
                self.scheduler.cancel(number, is_urgent=time.monotonic() > end - _CLEAR_S + _URGENT_S)
            if time.monotonic() > end:
                raise SchedulerUnreachableError(f"job {', '.join(found)} of an earlier attempt does not end")
            time.sleep(_LOOK_AGAIN_S)
        for old in self.shared.glob(f"{self.label.name}.*"):
            if old != own.place:
                Stage(old).remove()

    def _there(self) -> list[str]:
        """The numbers of the jobs of this run that are not over."""
        found = self.scheduler.find(self.label.name)
        return [number for number, (name, _) in found.items() if name == self.label.name]

    def _asked(self, ask: Callable[[], str], tell: OnEvent, is_cancelled: IsCancelled) -> str | None:
        """Ask the batch system until it answers; None once cancelled. Raises RunError scheduler-unreachable."""
        end = time.monotonic() + self.patience.unreachable_s
        is_told = False
        while not is_cancelled():
            try:
                return ask()
            except SchedulerUnreachableError as error:
                if time.monotonic() > end:
                    title = self.scheduler.title
                    raise RunError("scheduler-unreachable", scheduler=title, reason=error) from error
                if not is_told:
                    tell({"type": "log", "text": f"{self.scheduler.title} does not answer: {error}"})
                    is_told = True
            time.sleep(min(_ASK_AGAIN_S, self.patience.poll_s))
        return None

    def _end(self, number: str, name: str) -> None:
        """End a job whose fate nobody awaits any more, as far as the batch system can be reached."""
        end = time.monotonic() + _CANCEL_S
        is_urgent = False
        while time.monotonic() < end:
            with suppress(SchedulerUnreachableError, RunError):
                self.scheduler.cancel(number, is_urgent=is_urgent)
                if number not in self.scheduler.find(name):
                    return
            is_urgent = True
            time.sleep(1)

    def _with_facts(self, ending: Ending, number: str, bundle: Path, request: Request) -> Ending:
        """Keep what the batch system has on record of the job, as evidence and in the result."""
        facts: dict[str, Any] = {}
        with suppress(SchedulerUnreachableError, RunError):
            facts = dict(self.scheduler.facts(number))
        asked = {name: value for name, value in dataclasses.asdict(self.resources).items() if value}
        record = {
            "scheduler": self.scheduler.title,
            "job": number,
            "name": request.name,
            "ended_as": ending.phase,
            "reason": ending.state.reason if ending.state else "",
            "node": ending.state.node if ending.state else "",
            "starts": ending.starts,
            "asked": {**asked, "time_s": request.time_s, "memory_bytes": request.memory_bytes},
            "record": facts,
        }
        text = json.dumps(record, indent=1, sort_keys=True) + "\n"
        (bundle / FACTS_FILE).write_text(text, encoding="utf-8")
        node = f" on node {record['node']}" if record["node"] else ""
        where = f"{self.scheduler.title} job {number}{node}"
        modules = ", ".join(self.resources.modules)
        return dataclasses.replace(ending, where=where, modules=modules)


def _ignore(_: dict[str, Any]) -> None:
    """Nobody listens."""


def _never() -> bool:
    return False
