"""On a node, after `module load`: bring what the modules set into the job, and write down what it was.

    python -m reproduce.executors.loaded_modules BUNDLE [ROOT …]

reads the environment before and after as `env -0` wrote it, adds to the job's kernel what is new in it and the ROOTs to
what its sandbox shows, and writes modules.json. Pure: no Django, no database.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from builder.engines.given.modules import new_variables
from reproduce.runner.bundle import read_job, write_job
from reproduce.runner.job import Job


def with_modules(job: Job, variables: Mapping[str, str], roots: tuple[str, ...]) -> Job:
    """Return the job with the modules' variables: its environment's own programs stay the first to be found."""
    given = dict(variables)
    if "PATH" in given:
        own = job.kernel.variables.get("PATH", f"{job.kernel.prefix}/bin:/usr/local/bin:/usr/bin:/bin")
        first, _, rest = own.partition(":")
        given["PATH"] = ":".join(filter(None, (first, given["PATH"], rest)))
    shown = tuple(dict.fromkeys((*job.kernel.readonly_paths, *(root for root in roots if Path(root).is_dir()))))
    kernel = dataclasses.replace(job.kernel, variables={**job.kernel.variables, **given}, readonly_paths=shown)
    return dataclasses.replace(job, kernel=kernel)


def main(bundle: Path, roots: tuple[str, ...]) -> None:
    """Change the bundle's job."""
    before, after = (_variables(bundle / name) for name in (".before", ".after"))
    variables = new_variables(before, after)
    write_job(bundle, with_modules(read_job(bundle), variables, roots))
    loaded = after.get("LOADEDMODULES", "").split(":")
    record = {"loaded": list(filter(None, loaded)), "variables": variables, "shown": list(roots)}
    (bundle / "modules.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _variables(path: Path) -> dict[str, str]:
    items = path.read_bytes().decode("utf-8", "replace").split("\0")
    return dict(item.split("=", 1) for item in items if "=" in item)


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]))
