"""Where notebooks run: `settings.REPRISE_EXECUTOR`, and all of the batch system in `settings.REPRISE_SLURM`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.env import Environment


@dataclass(frozen=True, slots=True)
class SlurmSettings:
    """How jobs are submitted, what each asks for, and what a target may ask for. Sizes in bytes, times in seconds."""

    conf: str
    directory: Path
    python: str
    project: Path
    defaults: str
    partitions: tuple[str, ...]
    accounts: tuple[str, ...]
    qos: tuple[str, ...]
    constraints: tuple[str, ...]
    memory_bytes: int
    processors: int
    gpus: int
    timeout_s: int
    modules: tuple[str, ...]
    modules_init: Path
    module_roots: tuple[str, ...]
    pending_s: int
    unreachable_s: int
    poll_s: int


def read_executor_settings(env: Environment, *, data: Path, project: Path) -> tuple[str, SlurmSettings]:
    """Return the executor's name and the settings of Slurm."""
    name = env.text(
        "REPRISE_EXECUTOR", "local", "Runs notebooks: local, on the workers, or slurm.", choices=("local", "slurm")
    )
    return name, _read_slurm_settings(env, data=data, project=project)


def _read_slurm_settings(env: Environment, *, data: Path, project: Path) -> SlurmSettings:
    def names(name: str, meaning: str) -> tuple[str, ...]:
        return tuple(env.items(name, "", meaning))

    def path(name: str, default: Path, meaning: str) -> Path:
        given = Path(env.text(name, "", meaning) or default)
        if not given.is_absolute():
            raise ImproperlyConfigured(f"{name} must be an absolute path; see docs/settings.md.")
        return given

    return SlurmSettings(
        conf=env.text("REPRISE_SLURM_CONF", "", "Slurm's slurm.conf; the system's own when empty."),
        directory=path(
            "REPRISE_SLURM_DIRECTORY",
            data / "batch",
            "Directory shared with the nodes; batch in REPRISE_DATA when empty.",
        ),
        python=env.text("REPRISE_SLURM_PYTHON", "", "This project's Python on the nodes; the worker's when empty."),
        project=path(
            "REPRISE_SLURM_PROJECT", project, "This project's directory on the nodes; the worker's when empty."
        ),
        defaults=env.text("REPRISE_SLURM_DEFAULTS", "", "What each job asks for, as partition=main processors=2."),
        partitions=names("REPRISE_SLURM_PARTITIONS", "Partitions that a target may ask for."),
        accounts=names("REPRISE_SLURM_ACCOUNTS", "Accounts that a target may ask for."),
        qos=names("REPRISE_SLURM_QOS", "Qualities of service that a target may ask for."),
        constraints=names("REPRISE_SLURM_CONSTRAINTS", "Features of nodes that a target may ask for."),
        memory_bytes=env.size("REPRISE_SLURM_MEMORY", "0", "Most memory that a target may ask for.", least=0),
        processors=env.integer("REPRISE_SLURM_PROCESSORS", 0, "Most processors that a target may ask for."),
        gpus=env.integer("REPRISE_SLURM_GPUS", 0, "Most graphics processors that a target may ask for."),
        timeout_s=env.integer("REPRISE_SLURM_TIMEOUT_S", 0, "Most seconds of one notebook, where more than elsewhere."),
        modules=names("REPRISE_SLURM_MODULES", "Environment modules that a target may ask for."),
        modules_init=env.path(
            "REPRISE_SLURM_MODULES_INIT", Path("/etc/profile.d/modules.sh"), "Script of the nodes that defines module."
        ),
        module_roots=names("REPRISE_SLURM_MODULE_ROOTS", "Directories of modules' software, shown read-only."),
        pending_s=env.integer("REPRISE_SLURM_PENDING_S", 604_800, "Seconds a job may wait for its start.", least=1),
        unreachable_s=env.integer(
            "REPRISE_SLURM_UNREACHABLE_S", 3600, "Seconds for which a silent Slurm is waited for.", least=1
        ),
        poll_s=env.integer("REPRISE_SLURM_POLL_S", 5, "Seconds between two questions to Slurm.", least=1),
    )
