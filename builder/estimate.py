"""How long an environment will probably take: what like builds took before, and nothing where none was measured."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Final

from builder.engines.progress import Stage
from builder.models import Build, Environment, Snapshot
from catalog.models import AsOf

_LOOKED_AT: Final = 60
_MOST: Final = 15
# "Of this size": from half to twice as many packages.
_FACTOR: Final = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """The median of the last `count` builds, in seconds. `is_known` when the environment was made before."""

    seconds: float
    count: int
    is_known: bool
    is_of_this_size: bool


def estimate_build(snapshot: Snapshot | None, choice: str) -> Estimate | None:
    """Return how long giving `snapshot` its environment as of `choice` will take, or None where nobody can tell."""
    if snapshot is None:
        return None
    earlier = Environment.objects.filter(snapshot__repository=snapshot.repository_id).first()
    is_known = choice != AsOf.TODAY and Environment.objects.filter(snapshot=snapshot, as_of_choice=choice).exists()
    builds = Build.objects.filter(state=Build.State.SUCCEEDED, ended_at__isnull=False, environment__isnull=False)
    if earlier is not None:
        builds = builds.filter(engine=earlier.engine)
    shown = ("started_at", "ended_at", "stages", "environment__packages")
    last = builds.select_related("environment").only(*shown).order_by("-started_at")[:_LOOKED_AT]
    like = [build for build in last if _was_known(build) == is_known]
    if earlier is not None and not is_known:
        alike = [build for build in like if _is_alike(build, len(earlier.packages))]
        if alike:
            return _median_of(alike, is_known=is_known, is_of_this_size=True)
    return _median_of(like, is_known=is_known, is_of_this_size=False)


def _median_of(builds: list[Build], *, is_known: bool, is_of_this_size: bool) -> Estimate | None:
    took = [seconds for build in builds[:_MOST] if (seconds := seconds_of(build)) is not None]
    return Estimate(median(took), len(took), is_known, is_of_this_size) if took else None


def seconds_of(build: Build) -> float | None:
    """Return how long the build took, None while it has not ended."""
    return (build.ended_at - build.started_at).total_seconds() if build.ended_at else None


def _was_known(build: Build) -> bool:
    """Tell whether nothing had to be resolved and installed."""
    return not {Stage.RESOLVE, Stage.INSTALL, Stage.BUILD} & {row["stage"] for row in build.stages}


def _is_alike(build: Build, packages: int) -> bool:
    count = len(build.environment.packages) if build.environment else 0
    return packages <= count * _FACTOR and count <= packages * _FACTOR
