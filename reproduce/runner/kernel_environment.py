"""The environment variables a kernel sees: an allow-list made here and those of its environment, nothing inherited."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from builder.engines.run_variables import RUN_VARIABLES, declared_variables, home_variables
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
        **declared_variables(
            threads=job.threads,
            matplotlib_backend=job.matplotlib_backend,
            source_date_epoch=job.source_date_epoch,
        ),
        **data_variables(job, f"{home}/{WORK_NAME}"),
        **job.environment_variables,
    }


def recorded_variables(job: Job, of_network: Mapping[str, str]) -> dict[str, Any]:
    """Return the kernel's variables as a result keeps them: "values" by name and "sha256" of the lines NAME=VALUE.

    Places of the machine are given by their names in braces, so that two runs that were given the same say the same.
    `of_network` are those for the run's own proxy, with its places named already.
    """
    prefix = job.kernel.prefix
    given = {**kernel_environment(job, home="{home}", tmp="{tmp}"), **of_network}
    values = {
        name: value.replace(prefix, "{environment}") if job.kernel.root is None and len(prefix) > 1 else value
        for name, value in sorted(given.items())
    }
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    return {"values": values, "sha256": hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()}


def _is_ours(name: str) -> bool:
    """Whether it would settle the locale beside LANG, or name a parent that a kernel waits for and cannot see."""
    return name.startswith("LC_") or name in ("LANGUAGE", "JPY_PARENT_PID")
