"""Bring one run from queued to done: environment, notebook, comparison, evidence. May be started twice for one run."""

from __future__ import annotations

import errno
import uuid
from functools import partial
from pathlib import Path

import structlog
from django.conf import settings
from django.db import Error

from builder.engines.progress import BuildCancelledError, Progress
from builder.errors import SnapshotError
from builder.fetch import ready_snapshot
from builder.models import Snapshot
from builder.prepare import check_unchanged, open_build, prepare
from builder.snapshot.notebooks import outline_notebook
from builder.stages import StageClock
from catalog.allowed_hosts import check_permitted
from catalog.causes import Cause, CausedError, cause
from catalog.models import Target
from reproduce.confining import configured_apptainer, configured_container
from reproduce.data_locations import data_memory, mounts_of
from reproduce.derived import as_derived
from reproduce.executors.batch import RunLabel
from reproduce.executors.choose import choose_executor, limits_there
from reproduce.finish import conclude, conclude_repair, end_short, starts_again
from reproduce.insist import insist
from reproduce.lease import Heartbeat, claim_run, update_claimed
from reproduce.models import Run
from reproduce.refusal import problem_of, verdict_of
from reproduce.repair.repairing import Repair
from reproduce.repair_run import Trials, try_repair
from reproduce.reproduction import ONCE, Claim, choose_sandbox, reproduce_notebook
from reproduce.run_directories import run_directory
from reproduce.runner.job import DataMount, Limits, Network
from reproduce.stability import repetition_for
from reproduce.story import Story
from reproduce.tolerances import tolerance_of
from reproduce.verdicts import Verdict

log = structlog.get_logger(__name__)


class _IsOverError(Exception):
    """The run was cancelled or taken away while its environment was being made."""


def execute(run_id: uuid.UUID) -> None:
    """Execute a queued run. Does nothing when another worker has it. Leaves it done, waiting or to the sweeper."""
    run = claim_run(run_id)
    if run is None:
        return
    with run_directory(run) as bundle:
        story = Story(run)
        if run.attempts > 1:
            story.add("run", f"Attempt {run.attempts} of {settings.REPRISE_RUN_ATTEMPTS}.")
        try:
            with Heartbeat(run, story.flush) as heartbeat:
                _reproduce(run, story, heartbeat, bundle)
        except (_IsOverError, BuildCancelledError):
            log.info("run-is-over", run=str(run.pk))
        except CausedError as error:
            end_short(run, story, bundle, verdict_of(error), error.cause)
        except Error as error:
            log.exception("run-failed", run=str(run.pk))
            end_short(run, story, bundle, None, cause("internal-error", reason=f"database {type(error).__name__}"))
        except OSError as error:
            log.exception("run-failed", run=str(run.pk))
            kind = "disk-full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "internal-error"
            why = cause(kind, path=settings.REPRISE_DATA, reason=type(error).__name__)
            end_short(run, story, bundle, None, why)
        except Exception as error:
            log.exception("run-failed", run=str(run.pk))
            end_short(run, story, bundle, None, cause("internal-error", reason=type(error).__name__))


def _reproduce(run: Run, story: Story, heartbeat: Heartbeat, bundle: Path) -> None:
    target = run.target
    sandbox = choose_sandbox(
        settings.REPRISE_ALLOW_UNSANDBOXED, is_own=target.repository.is_own, wanted=settings.REPRISE_CONFINEMENT
    )
    # Before anything is made for a notebook that may not run.
    network_of(target)
    # Said before anything of the author's is run: a build may run it too, and may be all there is.
    run.sandbox = {"kind": sandbox}
    update_claimed(run, sandbox=run.sandbox)
    snapshot = ready_snapshot(target.repository, is_cancelled=heartbeat.is_over)
    run.snapshot = snapshot
    update_claimed(run, snapshot=snapshot)
    story.add("run", f"Snapshot {snapshot.commit or snapshot.swhid}")
    problem = _problem_of(snapshot, target.notebook)
    if problem is not None:
        end_short(run, story, bundle, *problem)
        return
    # A batch job of this run that an earlier attempt left behind is known by this label.
    label = RunLabel(run.pk.hex, str(run.claim))
    executor = choose_executor(settings.REPRISE_EXECUTOR, label=label, target=target)

    def log_line(line: str) -> None:
        story.log(line)
        if heartbeat.is_over():
            raise _IsOverError

    # Before an environment is made in vain.
    data = mounts_of(target, run)
    run.build = open_build(snapshot, run.as_of or target.repository.as_of, given=target.given_environment)
    update_claimed(run, build=run.build)
    stages = StageClock(run.build)
    story.write_also(stages.flush)
    prepared = prepare(
        run.build,
        stages=stages,
        is_sandboxed=sandbox != "none",
        are_builds_allowed=sandbox != "none" or settings.REPRISE_ALLOW_UNSANDBOXED == "all",
        progress=Progress(log_line, story.begin_stage, heartbeat.is_over),
    )
    run.environment = prepared.environment
    if heartbeat.is_over() or not update_claimed(run, state=Run.State.RUNNING, environment=prepared.environment):
        return
    story.add(
        "run",
        f"Environment ready: Python {prepared.built.python_version}, {len(prepared.built.lock.packages)} packages",
    )
    run_claim = partial(
        reproduce_notebook,
        sandbox=sandbox,
        limits=limits_there(limits_of(run.target.timeout_s), executor),
        executor=executor,
        container=configured_container(),
        apptainer=configured_apptainer(),
        on_event=story.tell,
        is_cancelled=heartbeat.is_over,
    )
    claim = _claim_of(run, snapshot, data)
    repetition = ONCE if run.is_repair or run.is_derived else repetition_for(run, Path(snapshot.path))
    reproduction = run_claim(claim, prepared.built, bundle=bundle, repetition=repetition)
    repair: Repair | None = None
    if run.is_repair:
        trials = Trials(snapshot, claim, bundle, sandbox=sandbox, run=run_claim, story=story, is_over=heartbeat.is_over)
        repair = try_repair(trials, prepared, reproduction)
    insist(story.flush)
    check_unchanged(prepared.built)
    if heartbeat.is_over() or not update_claimed(run, state=Run.State.COMPARING):
        return
    if reproduction.verdict is None and reproduction.cause and starts_again(run, story, reproduction.cause):
        return
    if run.is_repair:
        conclude_repair(run, reproduction, repair)
    else:
        conclude(run, prepared, as_derived(reproduction) if run.is_derived else reproduction)


def _problem_of(snapshot: Snapshot, path: str) -> tuple[Verdict | None, Cause] | None:
    """Return what makes the notebook not worth building for, and what that says of the work.

    It is read anew, since what an earlier version of this service thought of it says nothing of the author.
    """
    root = Path(snapshot.path)
    if not (root / path).is_file():
        error = SnapshotError("notebook-missing", path=path)
        raise error.seen_in(f"{snapshot.commit or snapshot.swhid} lists no file {path}")
    outline = outline_notebook(root, path)
    return problem_of(outline) if outline.problem else None


def _claim_of(run: Run, snapshot: Snapshot, data: tuple[DataMount, ...]) -> Claim:
    target = run.target
    return Claim(
        snapshot=Path(snapshot.path),
        notebook=target.notebook,
        cells=tuple(target.cells),
        tolerance=tolerance_of(target),
        parameters=run.all_parameters,
        network=network_of(target),
        data=data,
        data_memory=data_memory(),
        output_files=tuple(target.output_files),
        output_files_bytes=settings.REPRISE_RUN_FILES,
        threads=target.threads,
        matplotlib_backend=target.matplotlib_backend,
        committed_at=snapshot.committed_at,
        compared_at_once=settings.REPRISE_COMPARE_THREADS,
    )


def network_of(target: Target) -> Network | None:
    """Return what the target's notebook may reach; None for no network at all.

    Raises AllowedHostError when it names a host that the operator does not permit, or does no longer.
    """
    if not target.allowed_hosts and not target.is_host_missing:
        return None
    check_permitted(target.allowed_hosts, settings.REPRISE_RUN_HOSTS)
    return Network(tuple(target.allowed_hosts), is_private_allowed=settings.REPRISE_ALLOW_PRIVATE_HOSTS)


def limits_of(timeout_s: int | None = None) -> Limits:
    """Return the limits of a run; a target may ask for less time than the service allows, never for more."""
    most_s = settings.REPRISE_RUN_TIMEOUT_S
    if settings.REPRISE_EXECUTOR == "slurm":
        most_s = max(most_s, settings.REPRISE_SLURM.timeout_s)
    run_timeout_s = min(timeout_s or settings.REPRISE_RUN_TIMEOUT_S, most_s)
    return Limits(
        cell_timeout_s=min(settings.REPRISE_CELL_TIMEOUT_S, run_timeout_s),
        run_timeout_s=run_timeout_s,
        memory_bytes=settings.REPRISE_RUN_MEMORY,
        processors=settings.REPRISE_RUN_PROCESSORS,
        output_bytes=settings.REPRISE_RUN_OUTPUT,
        scratch_bytes=settings.REPRISE_RUN_SCRATCH,
    )
