"""What processes that were killed left on this machine: directories of runs and temporary files."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings

from builder.eviction import store
from builder.fetch import snapshots_path
from builder.held_directory import sweep_left
from builder.prepare import artefact_store
from reproduce.confining import configured_container
from reproduce.data_locations import data_memory
from reproduce.run_directories import sweep_run_directories
from reproduce.runner.confinement.container_engine import ContainerEngine

log = structlog.get_logger(__name__)

# Of the launcher, of the sockets of a kernel, of the kernel that checks an environment, of the gate of a build, of the
# pool of warm kernels.
_PREFIXES: Final = ("rl-", "rr-", "rv-", "rg-", "rw-")
_MESSAGE_S: Final = 3600.0


def sweep_left_behind() -> int:
    """Remove what nobody alive holds; return how much. Each machine's own temporary files go when it sweeps."""
    # Before the directories that they write to.
    lost = _sweep_containers()
    places = {Path(tempfile.gettempdir()), Path("/tmp")}  # noqa: S108 - where sockets lie if the usual path is long
    count = lost + sum(sweep_left(place, prefix) for place in places for prefix in _PREFIXES)
    environments = store().root
    making = [data_memory(), *(place for place in environments.glob("*") if place.is_dir())]
    count += sweep_left(environments / "scratch", "") + sum(sweep_left(place, ".making-") for place in making)
    count += sweep_left(snapshots_path(), ".partial-")
    count += sweep_run_directories() + artefact_store().sweep() + _sweep_messages()
    if count:
        log.info("left-behind-removed", count=count)
    return count


def _sweep_messages() -> int:
    """Remove what was being written to, or taken from, the broker's directories an hour ago; return how many files."""
    broker = Path(settings.REPRISE_DATA) / "broker"
    count = 0
    for left in (*broker.glob("queue/*.draft"), *broker.glob("done/*.msg")):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _MESSAGE_S:
                left.unlink()
                count += 1
    return count


def _sweep_containers() -> int:
    """Remove the containers whose runner was killed together with what would have removed them; return how many."""
    container = configured_container()
    return 0 if container is None else ContainerEngine(container).sweep()
