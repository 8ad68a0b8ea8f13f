"""The files of a bundle directory: what is written into it, read from it, and refused."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path, PurePosixPath
from typing import Any, Final, get_args

from builder.engines.run_variables import EARLIEST_EPOCH
from builder.engines.whole_files import write_whole
from catalog.allowed_hosts import AllowedHostError, parse_allowed_host
from catalog.causes import CausedError
from catalog.data_places import check_apart, read_place
from catalog.declarable import MATPLOTLIB_BACKENDS, MOST_THREADS
from reproduce.runner.confinement.protocol import HOME
from reproduce.runner.job import (
    JOB_SCHEMA,
    RESULT_SCHEMA,
    Apptainer,
    Container,
    DataFile,
    DataMount,
    Failure,
    Job,
    Kernel,
    Limits,
    Network,
    Result,
    SandboxKind,
)

JOB_FILE: Final = "job.json"
RESULT_FILE: Final = "result.json"
EVENTS_FILE: Final = "events.jsonl"
NOTEBOOK_FILE: Final = "executed.ipynb"
SHOWN_FILE: Final = "shown.jsonl"
KERNEL_LOG: Final = "kernel.log"
RUNNER_LOG: Final = "runner.log"
FILES_DIRECTORY: Final = "files"
FIGURES_DIRECTORY: Final = "figures"
MOST_GPUS: Final = 99


class BundleUnusableError(CausedError):
    """The bundle's job or result is missing or not what the contract says. Always a fault of ours."""

    def __init__(self, kind_id: str = "internal-error", **data: object) -> None:
        super().__init__(kind_id, **data)


def write_job(bundle: Path, job: Job) -> None:
    """Make the bundle directory and write its job.json. Raises BundleUnusableError for a job that cannot be run."""
    check_job(job)
    bundle.mkdir(parents=True, exist_ok=True)
    _write_json(bundle / JOB_FILE, {"schema": JOB_SCHEMA, **dataclasses.asdict(job)})


def read_job(bundle: Path) -> Job:
    """Read and check job.json. Raises BundleUnusableError."""
    return job_from(_read_json(bundle / JOB_FILE, JOB_SCHEMA))


def job_from(data: dict[str, Any]) -> Job:
    """Return the job that was written as these fields, checked. Raises BundleUnusableError."""
    # Jobs of earlier versions asked for the network as such; without a host all of it is refused, by name.
    may_ask = bool(data.pop("is_network_allowed", False))
    try:
        job = Job(
            **{
                **data,
                "kernel": _kernel(data["kernel"]),
                "limits": Limits(**data.get("limits", {})),
                "network": _network(data.get("network"), may_ask=may_ask),
                "output_files": tuple(data.get("output_files", ())),
                "import_roots": tuple(data.get("import_roots", ())),
                "data": tuple(_data_mount(mount) for mount in data.get("data", ())),
                "container": Container(**data["container"]) if data.get("container") else None,
                "apptainer": Apptainer(**data["apptainer"]) if data.get("apptainer") else None,
            }
        )
    except (TypeError, KeyError) as error:
        raise BundleUnusableError(reason=f"{JOB_FILE} does not hold a job: {error}") from error
    check_job(job)
    return job


def _network(data: dict[str, Any] | None, *, may_ask: bool) -> Network | None:
    if data is None:
        return Network() if may_ask else None
    return Network(**{**data, "allowed_hosts": tuple(data.get("allowed_hosts", ()))})


def _kernel(data: dict[str, Any]) -> Kernel:
    return Kernel(
        **{
            **data,
            "argv": tuple(data["argv"]),
            "readonly_paths": tuple(data["readonly_paths"]),
            "mounts": tuple((here, inside) for here, inside in data.get("mounts", ())),
        }
    )


def _data_mount(data: dict[str, Any]) -> DataMount:
    return DataMount(**{**data, "files": tuple(DataFile(**file) for file in data.get("files", ()))})


def check_job(job: Job) -> None:
    """Refuse a job whose paths leave the snapshot, whose limits are not positive or whose names are not names."""
    for path in (job.notebook, *job.output_files, *(root for root in job.import_roots if root != ".")):
        if not _is_inside(path):
            raise BundleUnusableError(reason=f"the path {path!r} leaves the repository")
    if job.sandbox not in get_args(SandboxKind):
        raise BundleUnusableError(reason=f"there is no sandbox of kind {job.sandbox!r}")
    if job.sandbox == "container" and (job.container is None or not job.container.program):
        raise BundleUnusableError(reason="no container engine is named")
    _check_declared(job)
    _check_gpus(job)
    if not isinstance(job.are_figures_recorded, bool):
        raise BundleUnusableError(reason="whether figures are recorded is yes or no")
    _check_limits(dataclasses.asdict(job.limits))
    _check_network(job)
    for name in job.parameters:
        if not name.isidentifier():
            raise BundleUnusableError(reason=f"{name!r} is not the name of a parameter")
    _check_kernel(job)
    _check_data(job)
    for name, text in (*job.kernel.variables.items(), *job.environment_variables.items()):
        if not name or "=" in name or "\0" in name + text:
            raise BundleUnusableError(reason=f"{name!r} is not the name of an environment variable")


def _check_declared(job: Job) -> None:
    if job.threads not in range(1, MOST_THREADS + 1):
        raise BundleUnusableError(reason=f"a library may have 1 to {MOST_THREADS} threads, not {job.threads!r}")
    if job.matplotlib_backend not in ("", *MATPLOTLIB_BACKENDS):
        raise BundleUnusableError(reason=f"{job.matplotlib_backend!r} is no backend that a run may use")
    if not isinstance(job.source_date_epoch, int) or job.source_date_epoch < EARLIEST_EPOCH:
        raise BundleUnusableError(reason=f"the source's date must be from 1980 on, not {job.source_date_epoch!r}")


def _check_gpus(job: Job) -> None:
    if not isinstance(job.gpus, int) or not 0 <= job.gpus <= MOST_GPUS:
        raise BundleUnusableError(reason=f"a job may have 0 to {MOST_GPUS} graphics processors, not {job.gpus!r}")


def _check_limits(limits: dict[str, Any]) -> None:
    for name, value in limits.items():
        if not isinstance(value, int | float) or not value > 0:
            raise BundleUnusableError(reason=f"the limit {name} must be above zero, not {value!r}")


def _check_network(job: Job) -> None:
    """Refuse hosts that are no hosts and limits that are none."""
    if job.network is None:
        return
    limits = dataclasses.asdict(job.network)
    limits.pop("is_private_allowed")
    try:
        for host in limits.pop("allowed_hosts"):
            parse_allowed_host(host)
    except AllowedHostError as error:
        raise BundleUnusableError(reason=error.cause.message) from error
    _check_limits(limits)


def _check_kernel(job: Job) -> None:
    """Refuse a command line or paths that cannot be meant."""
    kernel = job.kernel
    if not kernel.argv or not any("{connection_file}" in argument for argument in kernel.argv):
        raise BundleUnusableError(reason="the kernel's command line does not take a connection file")
    for path in (*(part for mount in kernel.mounts for part in mount), *([kernel.root] if kernel.root else [])):
        if not path.startswith("/") or "\0" in path:
            raise BundleUnusableError(reason=f"{path!r} is not an absolute path")
    for _, inside in kernel.mounts:
        # Written to by the run, links and all: nothing can be shown there safely.
        if f"{inside}/".startswith(f"{HOME}/"):
            raise BundleUnusableError(reason=f"{inside!r} lies in the home of the run")


def _check_data(job: Job) -> None:
    """Refuse mounts whose places cannot be meant, or are the same or lie in each other."""
    try:
        for mount in job.data:
            read_place(mount.at)
        check_apart([mount.at for mount in job.data])
    except CausedError as error:
        raise BundleUnusableError(reason=error.cause.message) from error
    for path in (*(mount.here for mount in job.data), *([job.data_memory] if job.data_memory else [])):
        if not path.startswith("/") or "\0" in path:
            raise BundleUnusableError(reason=f"{path!r} is not an absolute path")
    for mount in job.data:
        for file in mount.files:
            if file.path and not _is_inside(file.path):
                raise BundleUnusableError(reason=f"the file {file.path!r} leaves its dataset")


def write_result(bundle: Path, result: Result) -> None:
    """Write result.json in one step: a reader sees all of it or none."""
    _write_json(bundle / RESULT_FILE, {"schema": RESULT_SCHEMA, **dataclasses.asdict(result)})


def read_result(bundle: Path) -> Result:
    """Read result.json. Raises BundleUnusableError when there is none, which means that the runner did not end."""
    data = _read_json(bundle / RESULT_FILE, RESULT_SCHEMA)
    try:
        failure = data.pop("failure")
        return Result(**data, failure=None if failure is None else Failure(**failure))
    except (TypeError, KeyError) as error:
        raise BundleUnusableError(reason=f"{RESULT_FILE} does not hold a result: {error}") from error


def read_events(bundle: Path) -> list[dict[str, Any]]:
    """Return the events written so far, in order; a last line still being written is left out."""
    try:
        lines = (bundle / EVENTS_FILE).read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def clear_results(bundle: Path) -> None:
    """Remove what an earlier attempt left, so that nothing old is taken for new."""
    for name in (RESULT_FILE, EVENTS_FILE, NOTEBOOK_FILE, SHOWN_FILE, KERNEL_LOG):
        (bundle / name).unlink(missing_ok=True)
    for name in (FILES_DIRECTORY, FIGURES_DIRECTORY):
        shutil.rmtree(bundle / name, ignore_errors=True)


def read_kernel_log(bundle: Path, most_bytes: int = 20_000) -> str:
    """Return the end of what the kernel wrote to its log, "" where it wrote none."""
    try:
        with (bundle / KERNEL_LOG).open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - most_bytes))
            return log.read(most_bytes).decode("utf-8", errors="replace")
    except OSError:
        return ""


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\0" not in path


def _write_json(path: Path, data: dict[str, Any]) -> None:
    write_whole(path, json.dumps(data, indent=1, sort_keys=True) + "\n")


def _read_json(path: Path, schema: str) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BundleUnusableError(reason=f"{path.name} cannot be read: {error}") from error
    if not isinstance(data, dict) or data.pop("schema", None) != schema:
        raise BundleUnusableError(reason=f"{path.name} is not of schema {schema}")
    return data
