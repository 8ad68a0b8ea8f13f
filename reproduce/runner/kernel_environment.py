"""The environment variables a kernel sees: an allow-list made here and those of its environment, nothing inherited."""

from __future__ import annotations

from builder.engines.run_variables import RUN_VARIABLES, home_variables
from reproduce.runner.data_places import data_variables
from reproduce.runner.job import Job
from reproduce.runner.workspace import WORK_NAME


def kernel_environment(job: Job, *, home: str, tmp: str) -> dict[str, str]:
    """Return the kernel's whole environment.

    What is the same in every run is in builder.engines.run_variables; it goes before what an image sets, or the same
    notebook would print other dates and sort otherwise there. Of an image count its PATH and its PYTHONPATH.
    """
    given = {name: text for name, text in job.kernel.variables.items() if not _is_ours(name)}
    roots = [f"{home}/{WORK_NAME}/{root}" for root in job.import_roots]
    paths = ":".join([*roots, *filter(None, [given.get("PYTHONPATH")])])
    return {
        "PATH": f"{job.kernel.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        **given,
        **({"PYTHONPATH": paths} if paths else {}),
        **home_variables(home, tmp),
        **RUN_VARIABLES,
        **data_variables(job, f"{home}/{WORK_NAME}"),
        **job.environment_variables,
    }


def _is_ours(name: str) -> bool:
    """Whether it would settle the locale beside LANG, or name a parent that a kernel waits for and cannot see."""
    return name.startswith("LC_") or name in ("LANGUAGE", "JPY_PARENT_PID")
