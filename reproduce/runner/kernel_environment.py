"""The environment variables a kernel sees: an allow-list made here, nothing inherited."""

from __future__ import annotations

from builder.engines.run_variables import RUN_VARIABLES, home_variables
from reproduce.runner.job import Job
from reproduce.runner.workspace import WORK_NAME


def kernel_environment(job: Job, *, home: str, tmp: str) -> dict[str, str]:
    """Return the kernel's whole environment.

    What is the same in every run is in builder.engines.run_variables.
    """
    roots = ":".join(f"{home}/{WORK_NAME}/{root}" for root in job.import_roots)
    return {
        **({"PYTHONPATH": roots} if roots else {}),
        "PATH": f"{job.kernel.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        **home_variables(home, tmp),
        **RUN_VARIABLES,
        **job.environment_variables,
    }
