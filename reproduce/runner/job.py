"""The runner's contract: a job in, events and a result out, all JSON in one bundle directory. No Django here.

A bundle directory holds `job.json` when the runner starts. When it ends, whatever happened, it also holds
`result.json`, `events.jsonl` (one event a line, flushed as it happens), `kernel.log` and, as far as the notebook got,
`executed.ipynb`. The schemas are in docs/schemas/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from builder.engines.run_variables import EARLIEST_EPOCH

JOB_SCHEMA: Final = "reprise.job/1"
EVENT_SCHEMA: Final = "reprise.event/1"
RESULT_SCHEMA: Final = "reprise.result/1"

SandboxKind = Literal["bwrap", "container", "apptainer", "none"]
Status = Literal[
    "completed",  # every cell ran (or raised exactly where its stored output is an error)
    "cell-raised",
    "cell-timeout",
    "run-timeout",
    "out-of-memory",
    "out-of-disk",
    "out-of-output",
    "kernel-died",
    "kernel-not-started",
    "notebook-invalid",
    "cancelled",
    "sandbox-missing",
    "data-not-here",
    "data-missing",
    "data-changed",
    "data-place-taken",
    "internal-error",
]


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits of a run: seconds, bytes and counts. Zero or less is refused."""

    cell_timeout_s: float = 600.0
    run_timeout_s: float = 1800.0
    memory_bytes: int = 4 * 2**30
    processes: int = 256
    open_files: int = 1024
    output_bytes: int = 50 * 2**20
    scratch_bytes: int = 2 * 2**30
    messages: int = 100_000
    processors: float = 2.0


@dataclass(frozen=True, slots=True)
class Kernel:
    """How the kernel is started: argv with {connection_file}, the host paths it needs to read, its language.

    With a `root`, the root file system of an image unpacked here, that is shown instead of the host's system; `argv`
    and `prefix` are then paths inside, `readonly_paths` do not count, and `root_repository` is where the build put the
    repository inside, empty when it did not. `mounts` are shown read-only at another place: (path here, path inside);
    one that has no place there is left out. `variables` are set unless a run needs its own. `given_digest` is that of
    an environment that was given, which may change where it lies: no kernel that was started before is then used.
    """

    argv: tuple[str, ...]
    language: str
    prefix: str
    readonly_paths: tuple[str, ...]
    root: str | None = None
    root_digest: str = ""
    root_repository: str = ""
    mounts: tuple[tuple[str, str], ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    given_digest: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """What a run may reach through the runner's proxy, and how much: hosts as catalog.allowed_hosts reads them.

    With no host at all everything is refused, by name. `is_private_allowed` lets hosts have private addresses.
    """

    allowed_hosts: tuple[str, ...] = ()
    is_private_allowed: bool = False
    total_bytes: int = 2 * 2**30
    response_bytes: int = 2**30
    sent_bytes: int = 64 * 2**20
    request_s: float = 1800.0
    connections: int = 32


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that a dataset lists: its path below the mount, empty where the mount is that file; SHA-256 before MD5."""

    path: str
    size_bytes: int | None = None
    sha256: str = ""
    md5: str = ""


@dataclass(frozen=True, slots=True)
class DataMount:
    """A dataset shown read-only: `here` is its directory or file on this machine, every link in it resolved.

    `at` is where the notebook expects it: a path of the repository, an absolute path, or `$NAME`, a variable that is
    set to where it is. `files` are checked before the run; without any nothing of it can be.
    """

    dataset: str
    here: str
    at: str
    files: tuple[DataFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """Which engine runs the kernel: docker or podman, by name or path; the address of its socket, empty for its own.

    `image` is what an environment of this machine is shown in; one that is an image itself is run as that image.
    """

    program: str
    host: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class Apptainer:
    """Which program runs the kernel, and in what: paths of a SIF or of an unpacked root, empty for none.

    `image` is what an environment of this machine is shown in; `sif` is an environment that is an image, made from its
    root, and is that root itself where it is empty.
    """

    program: str = "apptainer"
    image: str = ""
    sif: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One notebook to run. `source` is the snapshot's directory (never written to); `notebook` is relative to it.

    Without a `network` there is none but the sandbox's own loopback.

    `import_roots` are directories of the source, relative to it, from which the notebook may import. `output_files` are
    paths in the repository, with * and ? for what lies in one directory; of what the run writes there
    `output_files_bytes` are kept. `data_memory` is a directory in which the checks of data are remembered. `threads` is
    what each numerical library may use; without a `matplotlib_backend` the kernel chooses; `source_date_epoch` is the
    date of the source, in seconds since 1970. `gpus` is how many graphics processors were asked of the batch system.
    `are_figures_recorded` asks for what matplotlib's figures hold, beside their pictures.
    """

    id: str
    source: str
    notebook: str
    kernel: Kernel
    sandbox: SandboxKind
    network: Network | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    environment_variables: dict[str, str] = field(default_factory=dict)
    output_files: tuple[str, ...] = ()
    output_files_bytes: int = 64 * 2**20
    import_roots: tuple[str, ...] = ()
    data: tuple[DataMount, ...] = ()
    data_memory: str = ""
    container: Container | None = None
    apptainer: Apptainer | None = None
    threads: int = 1
    matplotlib_backend: str = ""
    source_date_epoch: int = EARLIEST_EPOCH
    gpus: int = 0
    are_figures_recorded: bool = True


@dataclass(frozen=True, slots=True)
class Failure:
    """Where and how a run ended short: cell id, index (from 0) and source, exception name, value, plain traceback."""

    cell_id: str | None
    cell_index: int | None
    ename: str
    evalue: str
    traceback: str
    limit: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """How the run ended. Times are ISO 8601 UTC; `run_s` is the time from kernel start to end, in seconds.

    `network` is what was fetched and refused while it ran, None for a run without a network.
    `data` tells of each mount what was shown and how it was checked, `written` which files of the repository's copy are
    new or changed. `variables` are the kernel's: "values" by name, with its places by name too, and "sha256" of them.
    `is_warm` tells whether the kernel had been started before the job came. `figures` lists the records of figures.
    """

    status: Status
    failure: Failure | None
    started_at: str
    ended_at: str
    run_s: float
    first_cell_s: float | None
    cells_total: int
    cells_done: int
    sandbox: dict[str, Any]
    machine: dict[str, Any]
    digests: dict[str, str]
    peak_memory_bytes: int | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    is_warm: bool = False
    network: dict[str, Any] | None = None
    data: list[dict[str, Any]] = field(default_factory=list)
    written: dict[str, Any] = field(default_factory=dict)
    figures: list[dict[str, Any]] = field(default_factory=list)
