"""What a target may ask of this installation's batch system, by the operator's settings."""

from __future__ import annotations

from django.conf import settings

from catalog.resources import Bounds, Resources, check_bounds, parse_resources


def bounds_of_targets() -> Bounds:
    """Return the bounds that the settings draw."""
    slurm = settings.REPRISE_SLURM
    return Bounds(
        partitions=slurm.partitions,
        accounts=slurm.accounts,
        qos=slurm.qos,
        constraints=slurm.constraints,
        modules=slurm.modules,
        memory_bytes=slurm.memory_bytes,
        processors=slurm.processors,
        gpus=slurm.gpus,
    )


def check_target_resources(data: object) -> Resources:
    """Read what a target asks for. Raises CatalogError resources-refused when it is malformed or beyond the bounds."""
    asked = parse_resources(data)
    check_bounds(asked, bounds_of_targets())
    return asked
