"""Reproduce the notebooks of one source: fetch, build once, run several at a time, compare, keep the evidence."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatch
from typing import Any

from django.conf import settings

from builder.engines.progress import Progress as BuildProgress
from builder.snapshot.facts import NotebookOutline, SnapshotFacts
from catalog.allowed_hosts import check_permitted
from catalog.causes import Cause, CausedError, cause
from reproduce.cli.environment import Made, decide, make_environment
from reproduce.cli.evidence import EvidenceDirectory
from reproduce.cli.options import Options
from reproduce.cli.progress import Progress
from reproduce.cli.source import Declared, Found, fetch_source
from reproduce.cli.words import duration
from reproduce.confining import configured_apptainer, configured_container
from reproduce.errors import RunError
from reproduce.executors.choose import choose_executor, limits_there
from reproduce.refusal import problem_of, verdict_of
from reproduce.repetition import Repetition
from reproduce.reproduction import Claim, Reproduction, choose_sandbox, reproduce_notebook
from reproduce.runner.job import DataMount, Limits, Network, SandboxKind
from reproduce.verdicts import Verdict

_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended for one notebook. `is_asked` is false for one without outputs that was not named: it counts not."""

    path: str
    verdict: Verdict | None
    cause: Cause | None
    reproduction: Reproduction | None = None
    parameters: tuple[tuple[str, Any], ...] = ()
    is_asked: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended for all. `refusal` ended the work before any notebook could run; `verdict` is what that says."""

    facts: SnapshotFacts | None = None
    made: Made | None = None
    endings: tuple[Ending, ...] = ()
    refusal: Cause | None = None
    verdict: Verdict | None = None
    interruption: KeyboardInterrupt | None = None


class Conductor:
    """Leads the work through its stages.

    KeyboardInterrupt while notebooks run ends them and becomes part of the answer, so that the evidence of those that
    had ended is kept; at an earlier stage it is raised.
    """

    def __init__(self, options: Options, found: Found, evidence: EvidenceDirectory, progress: Progress) -> None:
        self._options = options
        self._found = found
        self._evidence = evidence
        self._progress = progress
        self._is_interrupted = threading.Event()
        self._interruption: KeyboardInterrupt | None = None
        self._log: list[str] = []

    @property
    def log_text(self) -> str:
        """What was logged of fetching and building."""
        return "".join(line + "\n" for line in self._log)

    def conduct(self, now: datetime) -> Outcome:
        """Do the work; a refusal is part of the answer. Raises what is a fault of the machine."""
        try:
            self._progress.step(f"Reading {self._found.source}")
            facts = fetch_source(self._found, on_log=self._keep_line)
        except CausedError as error:
            return Outcome(refusal=error.cause, verdict=verdict_of(error))
        return self.conduct_on(facts, now)

    def conduct_on(self, facts: SnapshotFacts, now: datetime) -> Outcome:
        """Do the same with files that are here already."""
        outcome = Outcome(facts=facts)
        try:
            return self._reproduce(outcome, now)
        except CausedError as error:
            return replace(outcome, refusal=error.cause, verdict=verdict_of(error))

    def _reproduce(self, outcome: Outcome, now: datetime) -> Outcome:
        facts = outcome.facts
        assert facts is not None  # noqa: S101 - set by the only caller
        chosen = choose_notebooks(facts, self._options.notebooks)
        named = self._options.notebooks
        runnable = [outline for outline in chosen if can_run(outline, is_named=outline.path in named)]
        told = [_told(outline, is_asked=outline.path in named) for outline in chosen if outline not in runnable]
        if not runnable:
            return replace(outcome, endings=tuple(replace(ending, is_asked=True) for ending in told))
        sandbox = self._choose_sandbox()
        try:
            made = self._make(facts, [outline.path for outline in runnable], sandbox, now)
        except CausedError as error:
            verdict = verdict_of(error)
            told += [Ending(outline.path, verdict, error.cause) for outline in runnable]
            return replace(outcome, endings=_sorted(told))
        endings = [*told, *self._run_all(facts, made, runnable, sandbox)]
        return replace(outcome, made=made, endings=_sorted(endings), interruption=self._interruption)

    def _choose_sandbox(self) -> SandboxKind:
        is_allowed = self._options.allow_unsandboxed or settings.REPRISE_ALLOW_UNSANDBOXED == "all"
        wanted = self._options.confinement or settings.REPRISE_CONFINEMENT
        sandbox = choose_sandbox("all" if is_allowed else "no", is_own=False, wanted=wanted)
        if sandbox == "none":
            self._progress.step("There is no sandbox: the notebooks act as you, with your files and your network.")
        return sandbox

    def _make(self, facts: SnapshotFacts, notebooks: list[str], sandbox: SandboxKind, now: datetime) -> Made:
        self._progress.step("Making the environment")
        decided = decide(facts, notebooks, self._options, self._found, now=now)
        progress = BuildProgress(self._keep_line, lambda stage: self._keep_line(f"Stage: {stage}"))
        made = make_environment(facts, decided, sandbox=sandbox, progress=progress)
        built = made.built
        how = "reused" if built.is_reused else f"made in {duration(built.build_s)}"
        packages = f"{len(built.lock.packages)} packages as of {built.lock.as_of:%Y-%m-%d}"
        self._progress.step(f"Environment ready: Python {built.python_version}, {packages}, {how}")
        return made

    def _run_all(
        self, facts: SnapshotFacts, made: Made, outlines: list[NotebookOutline], sandbox: SandboxKind
    ) -> list[Ending]:
        def run(outline: NotebookOutline) -> Ending:
            if self._is_interrupted.is_set():
                return Ending(outline.path, None, cause("cancelled"))
            return self._run(facts, made, outline, sandbox)

        with ThreadPoolExecutor(self._options.jobs, thread_name_prefix="notebook") as pool:
            futures: list[Future[Ending]] = [pool.submit(run, outline) for outline in outlines]
            try:
                # Short waits leave the main thread free to take signals.
                while wait(futures, timeout=_POLL_S).not_done:
                    pass
            except KeyboardInterrupt as interruption:
                self._interruption = interruption
                self._is_interrupted.set()
                self._progress.step("Stopping")
                wait(futures)
        return [future.result() for future in futures]

    def _run(self, facts: SnapshotFacts, made: Made, outline: NotebookOutline, sandbox: SandboxKind) -> Ending:
        path = outline.path
        declared = self._found.declared.get(path, Declared())
        parameters = {**declared.parameters, **dict(self._options.parameters)}
        self._progress.started(path)
        bundle = self._evidence.new_bundle()
        verdict: Verdict | None = None
        try:
            claim = Claim(
                snapshot=facts.path,
                notebook=path,
                tolerance=self._options.tolerance.over(declared.tolerance),
                parameters=parameters,
                network=self._network(declared),
                data=tuple(DataMount(place.name, str(place), at) for at, place in self._options.data),
                output_files=self._options.output_files,
                output_files_bytes=settings.REPRISE_RUN_FILES,
                threads=declared.threads,
                matplotlib_backend=declared.matplotlib_backend,
                committed_at=facts.committed_at,
                compared_at_once=settings.REPRISE_COMPARE_THREADS,
            )
            executor = choose_executor(self._options.executor or settings.REPRISE_EXECUTOR)
            reproduction = reproduce_notebook(
                claim,
                made.built,
                sandbox=sandbox,
                limits=limits_there(limits_of(self._options.timeout_s), executor),
                bundle=bundle,
                executor=executor,
                container=configured_container(),
                apptainer=configured_apptainer(),
                on_event=_CellCount(path, self._progress).follow,
                is_cancelled=self._is_interrupted.is_set,
                repetition=self._repetition(),
            )
            verdict = reproduction.verdict
            ending = Ending(path, verdict, reproduction.cause, reproduction, tuple(parameters.items()))
        except CausedError as error:
            verdict = verdict_of(error)
            ending = Ending(path, verdict, error.cause)
        self._evidence.keep_run(path, facts.path / path, bundle)
        self._progress.ended(path, verdict)
        return ending

    def _repetition(self) -> Repetition:
        """Return how often notebooks are run: as often as asked for; else, as the setting says, where they differ."""
        asked = self._options.repeat
        return Repetition(asked or settings.REPRISE_REPETITIONS, is_always=asked is not None)

    def _network(self, declared: Declared) -> Network | None:
        """Return what may be reached: what was asked for here, and what the catalogue says and the operator permits.

        Raises AllowedHostError (host-not-permitted).
        """
        asked = self._options.allowed_hosts
        check_permitted([host for host in declared.allowed_hosts if host not in asked], settings.REPRISE_RUN_HOSTS)
        hosts = tuple(dict.fromkeys([*declared.allowed_hosts, *asked]))
        return Network(hosts, is_private_allowed=self._found.is_private_allowed) if hosts else None

    def _keep_line(self, line: str) -> None:
        self._log.append(line)
        self._progress.log(line)


def choose_notebooks(facts: SnapshotFacts, patterns: tuple[str, ...]) -> list[NotebookOutline]:
    """Return the notebooks that match any pattern, all without one.

    Raises RunError pattern-unmatched, or no-notebooks where the source has none.
    """
    if not facts.notebooks:
        raise RunError("no-notebooks", source=facts.source)
    for pattern in patterns:
        if not any(fnmatch(outline.path, pattern) for outline in facts.notebooks):
            raise RunError("pattern-unmatched", source=facts.source, pattern=pattern)
    return [
        outline for outline in facts.notebooks if not patterns or any(fnmatch(outline.path, each) for each in patterns)
    ]


def limits_of(timeout_s: float | None) -> Limits:
    """Return the limits of a run. On one's own machine the time may be longer than the settings say."""
    return Limits(
        cell_timeout_s=timeout_s or settings.REPRISE_CELL_TIMEOUT_S,
        run_timeout_s=timeout_s or settings.REPRISE_RUN_TIMEOUT_S,
        memory_bytes=settings.REPRISE_RUN_MEMORY,
        processors=settings.REPRISE_RUN_PROCESSORS,
        output_bytes=settings.REPRISE_RUN_OUTPUT,
        scratch_bytes=settings.REPRISE_RUN_SCRATCH,
    )


class _CellCount:
    """Counts the cells of one notebook that are done, from its events."""

    def __init__(self, path: str, progress: Progress) -> None:
        self._path = path
        self._progress = progress
        self._done = 0
        self._total = 0

    def follow(self, event: dict[str, Any]) -> None:
        """Take an event of the runner."""
        kind = event["type"]
        if kind in ("kernel-started", "cell-started"):
            self._total = event["total"]
        elif kind == "cell-ended":
            self._done += event["status"] == "done"
        elif kind == "restarted":
            self._done = 0
        else:
            return
        self._progress.advanced(self._path, self._done, self._total)


def can_run(outline: NotebookOutline, *, is_named: bool) -> bool:
    """Tell whether the notebook is to be run; one without outputs claims nothing, but who names it may see it run."""
    return outline.problem is None or (is_named and outline.problem == "notebook-without-outputs")


def _told(outline: NotebookOutline, *, is_asked: bool) -> Ending:
    """Tell of a notebook that cannot be run as it is. One without outputs claims nothing, so it fails nothing."""
    verdict, found = problem_of(outline)
    counts = is_asked or found.id != "notebook-without-outputs"
    return Ending(outline.path, verdict, found, is_asked=counts)


def _sorted(endings: list[Ending]) -> tuple[Ending, ...]:
    return tuple(sorted(endings, key=lambda ending: ending.path))
