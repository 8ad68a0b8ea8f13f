"""Run one notebook and judge it: what the service and the command line share. Knows no database."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat

from builder.engines.leases import in_use, place_of
from builder.engines.protocol import BuiltEnvironment
from builder.engines.run_variables import source_date_epoch
from builder.recipe.read import import_roots
from builder.snapshot.notebooks import read_notebook
from catalog.causes import Cause
from reproduce.compare import (
    FileComparison,
    NotebookComparison,
    SanitizeRule,
    Tolerance,
    compare_notebooks,
    read_sanitize_file,
)
from reproduce.diagnose import explain_difference, explain_failure, facts_of
from reproduce.errors import RunError
from reproduce.executors.local import LocalExecutor
from reproduce.executors.protocol import Executor
from reproduce.output_files import compare_output_files
from reproduce.runner.bundle import read_kernel_log
from reproduce.runner.confinement.choose import KINDS, detect_sandbox
from reproduce.runner.job import (
    Apptainer,
    Container,
    DataMount,
    Job,
    Kernel,
    Limits,
    Network,
    Result,
    SandboxKind,
)
from reproduce.verdict import judge
from reproduce.verdicts import Verdict

OnEvent = Callable[[dict[str, Any]], None]
SANITIZE_FILES = ("nbval_sanitize.cfg", "sanitize.cfg", "nbval_sanitise.cfg", "sanitise.cfg", "doc_sanitize.cfg")


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be reproduced: a notebook of a snapshot, the cells that matter (all when empty), how exactly.

    `threads` and `matplotlib_backend` are as the target declares them; `committed_at` is the date of the snapshot.
    """

    snapshot: Path
    notebook: str
    cells: tuple[str, ...] = ()
    tolerance: Tolerance = field(default_factory=Tolerance)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    network: Network | None = None
    data: tuple[DataMount, ...] = ()
    data_memory: Path | None = None
    output_files: tuple[str, ...] = ()
    output_files_bytes: int = 64 * 2**20
    threads: int = 1
    matplotlib_backend: str = ""
    committed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How it ended. `verdict` is None while nothing is proven; `cause` then says why. `bundle` keeps the evidence.

    `files` are the declared output files, each compared with the repository's where that holds it.
    """

    verdict: Verdict | None
    cause: Cause | None
    result: Result
    comparison: NotebookComparison | None
    bundle: Path
    files: tuple[FileComparison, ...] = ()


def choose_sandbox(allow_unsandboxed: str, *, is_own: bool, wanted: str = "auto") -> SandboxKind:
    """Return the wanted sandbox, or that of this machine, or "none" where the operator allows that for this notebook.

    `allow_unsandboxed` is "no", "demonstration" or "all"; `wanted` is "auto" or a kind of sandbox, which then is the
    only one: where it does not work, the run says so. Raises RunError sandbox-missing.
    """
    for kind in KINDS:
        if kind == wanted and kind != "none":
            return kind
    found = detect_sandbox()
    if found is not None:
        return found
    if allow_unsandboxed == "all" or (allow_unsandboxed == "demonstration" and is_own):
        return "none"
    raise RunError("sandbox-missing")


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
) -> Reproduction:
    """Run the claim's notebook in `built`, here unless `executor` says where, and compare what comes out.

    Raises SnapshotError when the stored notebook cannot be read, BuildError when the environment is gone, RunError when
    a batch system does not run it or no container engine is set up; whatever the notebook does is in the answer.
    """
    if sandbox == "container" and container is None:
        raise RunError("sandbox-missing")
    published = read_notebook(claim.snapshot / claim.notebook)
    job = Job(
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
        container=container if sandbox == "container" else None,
        apptainer=apptainer if sandbox == "apptainer" else None,
        threads=claim.threads,
        matplotlib_backend=claim.matplotlib_backend,
        source_date_epoch=source_date_epoch(claim.committed_at),
    )
    with in_use(place_of(built)):
        place = executor or LocalExecutor()
        result = place.run(job, bundle, on_event=on_event, is_cancelled=is_cancelled)
    facts = facts_of(result, published, built, read_kernel_log(bundle))
    comparison: NotebookComparison | None = None
    files: tuple[FileComparison, ...] = ()
    if result.status == "completed":
        rules = _sanitize_rules(claim)
        comparison = _compare(claim, published, bundle / "executed.ipynb", rules)
        files = compare_output_files(
            claim.output_files,
            snapshot=claim.snapshot,
            bundle=bundle,
            tolerance=claim.tolerance,
            sanitize=rules,
            is_sandboxed=sandbox != "none",
        )
    verdict, why = judge(result, explain_failure(facts), comparison, files)
    if verdict == "differs" and why is not None:
        why = explain_difference(replace(facts, comparison=comparison, files=files), why)
    return Reproduction(verdict, why, result, comparison, bundle, files)


def _sanitize_rules(claim: Claim) -> tuple[SanitizeRule, ...]:
    return tuple(
        rule
        for name in SANITIZE_FILES
        for folder in {claim.snapshot, (claim.snapshot / claim.notebook).parent}
        if (folder / name).is_file()
        for rule in read_sanitize_file(folder / name)
    )


def _compare(
    claim: Claim, published: nbformat.NotebookNode, executed: Path, sanitize: tuple[SanitizeRule, ...]
) -> NotebookComparison:
    fresh = nbformat.read(executed, as_version=4)
    return compare_notebooks(published, fresh, tolerance=claim.tolerance, cells=claim.cells or None, sanitize=sanitize)
