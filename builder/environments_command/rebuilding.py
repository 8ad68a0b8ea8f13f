"""manage.py environments rebuild: make an environment again from its lock, and see that it is the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from builder.engines.leases import is_in_use
from builder.engines.progress import Progress
from builder.engines.protocol import BuiltEnvironment
from builder.engines.storage import StoredEnvironment
from builder.environments_command.kept_lock import KeptLock
from builder.eviction import store
from builder.held_directory import held_directory
from builder.installed_engines import ENGINES


class InUseError(Exception):
    """Somebody runs in the environment."""


def rebuild(kept: KeptLock, environment: StoredEnvironment | None, progress: Progress) -> BuiltEnvironment:
    """Make the environment again and return it; when that fails, the old one lies where it was.

    Raises InUseError, and BuildError as the engine does.
    """
    is_sandboxed = shutil.which("bwrap") is not None
    engine = ENGINES[kept.engine](is_sandboxed=is_sandboxed, are_builds_allowed=is_sandboxed)
    if environment is not None and not environment.is_of_image:
        store().drop_damaged(environment.place)
    with _put_aside(environment):
        return engine.build(kept.recipe, kept.lock, source=kept.source, progress=progress)


@contextmanager
def _put_aside(environment: StoredEnvironment | None) -> Iterator[None]:
    """Keep the old environment beside its place for the time of the block, and put it back when that fails."""
    if environment is None:
        yield
        return
    place = environment.place
    if is_in_use(place):
        raise InUseError
    # The name is one that is swept, should this process be killed.
    with held_directory(".making-", place.parent) as folder:
        old = Path(folder) / "old"
        place.rename(old)
        try:
            yield
        except BaseException:
            with suppress(OSError):
                old.rename(place)
            raise
