"""Which executor runs a notebook here, and what it asks for: by the settings, the facility and the target."""

from __future__ import annotations

import sys
import uuid
from dataclasses import replace

from django.conf import settings

from catalog.allowed_resources import check_target_resources
from catalog.models import Target
from catalog.resources import Resources, combine, parse_resources, parse_words
from reproduce.executors.batch import BatchExecutor, RunLabel
from reproduce.executors.follow import Patience
from reproduce.executors.local import LocalExecutor
from reproduce.executors.protocol import Executor
from reproduce.executors.script import Node
from reproduce.executors.slurm import Slurm
from reproduce.runner.job import Limits
from reproduce.warm import WARM_POOL


def choose_executor(name: str, *, label: RunLabel | None = None, target: Target | None = None) -> Executor:
    """Return the executor of this name for one run; `label` is that of the run on record, `target` what it is of.

    Raises CatalogError resources-refused when the target, a facility or the settings ask for what cannot be.
    """
    if name == "local":
        return LocalExecutor(WARM_POOL.address)
    slurm = settings.REPRISE_SLURM
    return BatchExecutor(
        name="slurm",
        scheduler=Slurm(slurm.conf),
        shared=slurm.directory,
        node=Node(
            python=slurm.python or sys.executable,
            project=str(slurm.project),
            modules_init=str(slurm.modules_init),
            module_roots=slurm.module_roots,
        ),
        label=label or RunLabel(uuid.uuid4().hex, uuid.uuid4().hex),
        resources=resources_of(target),
        patience=Patience(
            pending_s=slurm.pending_s,
            unreachable_s=slurm.unreachable_s,
            starts=settings.REPRISE_RUN_ATTEMPTS,
            poll_s=slurm.poll_s,
        ),
    )


def resources_of(target: Target | None) -> Resources:
    """Return what is asked for: what the installation asks for, then the facility, then the target in its bounds."""
    layers = [parse_resources(parse_words(settings.REPRISE_SLURM.defaults))]
    if target is not None:
        facility = target.publication.facility
        layers.append(parse_resources(facility.resources) if facility is not None else Resources())
        layers.append(check_target_resources(target.resources))
    return combine(*layers)


def limits_there(limits: Limits, executor: Executor) -> Limits:
    """Return the limits with the memory and processors that are asked of a batch system in place of this machine's."""
    if not isinstance(executor, BatchExecutor):
        return limits
    asked = executor.resources
    return replace(
        limits, memory_bytes=asked.memory_bytes or limits.memory_bytes, processors=asked.processors or limits.processors
    )
