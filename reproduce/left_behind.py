"""What processes that were killed left on this machine: directories of runs and temporary files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import structlog

from builder.eviction import store
from builder.fetch import snapshots_path
from builder.held_directory import sweep_left
from builder.prepare import artefact_store
from reproduce.confining import configured_container
from reproduce.run_directories import sweep_run_directories
from reproduce.runner.confinement.container_engine import ContainerEngine

log = structlog.get_logger(__name__)

# Of the launcher, of the sockets of a kernel, of the kernel that checks an environment, of the gate of a build, of the
# pool of warm kernels.
_PREFIXES: Final = ("rl-", "rr-", "rv-", "rg-", "rw-")


def sweep_left_behind() -> int:
    """Remove what nobody alive holds; return how much. Each machine's own temporary files go when it sweeps."""
    # Before the directories that they write to.
    lost = _sweep_containers()
    places = {Path(tempfile.gettempdir()), Path("/tmp")}  # noqa: S108 - where sockets lie if the usual path is long
    count = lost + sum(sweep_left(place, prefix) for place in places for prefix in _PREFIXES)
    environments = store().root
    count += sweep_left(environments / "scratch", "") + sweep_left(environments / "envs", ".making-")
    count += sweep_left(snapshots_path(), ".partial-")
    count += sweep_run_directories() + artefact_store().sweep()
    if count:
        log.info("left-behind-removed", count=count)
    return count


def _sweep_containers() -> int:
    """Remove the containers whose runner was killed together with what would have removed them; return how many."""
    container = configured_container()
    return 0 if container is None else ContainerEngine(container).sweep()
