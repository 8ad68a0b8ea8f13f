"""Run one notebook and judge it: what the service and the command line share. Knows no database."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from builder.engines.leases import in_use, place_of
from builder.engines.protocol import BuiltEnvironment
from builder.engines.run_variables import source_date_epoch
from builder.recipe.read import import_roots
from builder.snapshot.notebooks import read_notebook
from reproduce.ahead import ComparingAhead
from reproduce.diagnose import Facts, facts_of
from reproduce.errors import RunError
from reproduce.executors.local import LocalExecutor
from reproduce.executors.protocol import Executor
from reproduce.judging import Claim, Judging, Reproduction
from reproduce.repetition import Repetition, run_again
from reproduce.runner.bundle import SHOWN_FILE, read_kernel_log
from reproduce.runner.confinement.choose import KINDS, detect_sandbox
from reproduce.runner.confinement.protocol import ConfinementUnclearError
from reproduce.runner.job import (
    Apptainer,
    Container,
    Job,
    Kernel,
    Limits,
    Result,
    SandboxKind,
)

__all__ = ["Claim", "Reproduction", "choose_sandbox", "find_sandbox", "reproduce_notebook"]

OnEvent = Callable[[dict[str, Any]], None]
ONCE: Final = Repetition()


def choose_sandbox(allow_unsandboxed: str, *, is_own: bool, wanted: str = "auto") -> SandboxKind:
    """Return the wanted sandbox, or that of this machine, or "none" where the operator allows that for this notebook.

    `allow_unsandboxed` is "no", "demonstration" or "all"; `wanted` is "auto" or a kind of sandbox, which then is the
    only one: where it does not work, the run says so. Raises RunError sandbox-missing, or as `find_sandbox`.
    """
    for kind in KINDS:
        if kind == wanted and kind != "none":
            return kind
    found = find_sandbox()
    if found is not None:
        return found
    if allow_unsandboxed == "all" or (allow_unsandboxed == "demonstration" and is_own):
        return "none"
    raise RunError("sandbox-missing")


def find_sandbox() -> SandboxKind | None:
    """Return the sandbox of this machine, None where there is none. Raises RunError when trials do not tell."""
    try:
        return detect_sandbox()
    except ConfinementUnclearError as error:
        raise RunError("internal-error", reason=str(error)) from None


def reproduce_notebook(
    claim: Claim,
    built: BuiltEnvironment,
    *,
    sandbox: SandboxKind,
    limits: Limits,
    bundle: Path,
    executor: Executor | None = None,
    container: Container | None = None,
    apptainer: Apptainer | None = None,
    on_event: OnEvent | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    repetition: Repetition = ONCE,
) -> Reproduction:
    """Run the claim's notebook in `built`, here unless `executor` says where, and compare what comes out.

    It is run again as `repetition` says, one run after the other, each with all of the limits.

    Raises SnapshotError when the stored notebook cannot be read, BuildError when the environment is gone, RunError when
    a batch system does not run it or no container engine is set up; whatever the notebook does is in the answer.
    """
    if sandbox == "container" and container is None:
        raise RunError("sandbox-missing")
    published = read_notebook(claim.snapshot / claim.notebook)
    place = executor or LocalExecutor()
    job = _job_of(
        claim,
        built,
        sandbox=sandbox,
        limits=limits,
        container=container if sandbox == "container" else None,
        apptainer=apptainer if sandbox == "apptainer" else None,
    )

    tell = on_event or _ignore

    def run(one: Job, where: Path, hear: OnEvent = _ignore) -> Result:
        def heard(event: dict[str, Any]) -> None:
            hear(event)
            tell(event)

        try:
            return place.run(one, where, on_event=heard, is_cancelled=is_cancelled)
        finally:
            # It is no evidence, whoever wanted it has read it, and nothing follows from it.
            with suppress(OSError):
                (where / SHOWN_FILE).unlink()

    def facts(result: Result, where: Path) -> Facts:
        return facts_of(result, published, built, read_kernel_log(where))

    with in_use(place_of(built)):
        with ComparingAhead(claim, published, bundle) as ahead:
            result = run(job, bundle, ahead.hear)
        judging = Judging(
            claim, published, facts(result, bundle), is_sandboxed=sandbox != "none", pictures=ahead.known.compare
        )
        if not (repetition.can_follow(result) and repetition.is_always):
            first = judging.judged(bundle)
            if not repetition.can_follow(result) or first.verdict != "differs":
                return first
        again = run_again(job, bundle, repetition, run=run, facts=facts, tell=tell)
    return judging.judged(bundle, again)


def _job_of(
    claim: Claim,
    built: BuiltEnvironment,
    *,
    sandbox: SandboxKind,
    limits: Limits,
    container: Container | None,
    apptainer: Apptainer | None,
) -> Job:
    return Job(
        id=str(uuid.uuid4()),
        source=str(claim.snapshot),
        notebook=claim.notebook,
        kernel=Kernel(
            argv=built.kernel_argv,
            language=built.language,
            prefix=str(built.prefix),
            readonly_paths=tuple(str(path) for path in built.readonly_paths),
            root=None if built.root is None else str(built.root.path),
            root_digest="" if built.root is None else built.root.digest,
            root_repository="" if built.root is None else built.root.repository,
            mounts=tuple((str(here), inside) for here, inside in built.mounts),
            variables=dict(built.variables),
            given_digest="" if built.kept_at is None else str(built.details["digest"]),
        ),
        sandbox=sandbox,
        network=claim.network,
        parameters=dict(claim.parameters),
        limits=limits,
        import_roots=import_roots(claim.snapshot),
        data=claim.data,
        data_memory="" if claim.data_memory is None else str(claim.data_memory),
        output_files=claim.output_files,
        output_files_bytes=claim.output_files_bytes,
        container=container,
        apptainer=apptainer,
        threads=claim.threads,
        matplotlib_backend=claim.matplotlib_backend,
        source_date_epoch=source_date_epoch(claim.committed_at),
    )


def _ignore(_: dict[str, Any]) -> None:
    """Nobody listens."""
