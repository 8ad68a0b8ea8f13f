"""Which jobs may have a kernel from before they came: those for which it would have been started in the same way."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import PurePosixPath
from typing import Any, Final

from reproduce.runner.job import Job

_TEMPLATE_ID: Final = "warm"
# A kernel's start does not depend on these: they count once it stands.
_OF_THE_RUN_ALONE: Final = ("id", "parameters", "output_files", "output_files_bytes", "data_memory")
_OF_THE_START: Final = (
    *("source", "notebook", "kernel", "sandbox", "limits", "environment_variables", "import_roots"),
    *("threads", "matplotlib_backend", "source_date_epoch", "are_figures_recorded"),
)


def template_of(job: Job) -> Job:
    """Return the job without what is its own run's alone: a kernel started for it fits every job with this template.

    Of the notebook remains the directory, where the kernel works. Limits, variables and the directories to import from
    remain, and so does the source: its files may act as soon as the kernel starts, as a sitecustomize.py does.
    """
    notebook = str(PurePosixPath(job.notebook).with_name("notebook.ipynb"))
    return dataclasses.replace(
        job, id=_TEMPLATE_ID, notebook=notebook, parameters={}, output_files=(), output_files_bytes=1, data_memory=""
    )


def warm_key(job: Job) -> str:
    """Return a digest of the template, the same for jobs that may have each other's kernel."""
    text = json.dumps(dataclasses.asdict(template_of(job)), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def is_warmable(job: Job) -> bool:
    """Tell whether the job may have a kernel from before: sandboxed here, and asking for nothing beyond the sandbox.

    Network, data and whatever else a job may come to ask for are made for one run, so that one starts cold.
    """
    beyond = (part for part in dataclasses.fields(job) if part.name not in (*_OF_THE_RUN_ALONE, *_OF_THE_START))
    return job.sandbox == "bwrap" and all(getattr(job, part.name) == _default_of(part) for part in beyond)


def _default_of(part: dataclasses.Field[Any]) -> object:
    if part.default_factory is not dataclasses.MISSING:
        return part.default_factory()
    return part.default
