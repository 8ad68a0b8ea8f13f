"""manage.py environments verify: read the whole environment again."""

from __future__ import annotations

from pathlib import Path

from builder.engines.containers.roots import RootStore
from builder.engines.manifest import damage
from builder.engines.progress import Progress
from builder.engines.storage import ROOTS, StoredEnvironment


def damage_of(environment: StoredEnvironment, root: Path) -> list[str]:
    """Return what is missing or changed, one line each; `root` is the directory of the engines.

    Raises BuildError image-lost when the root file system went meanwhile.
    """
    if not environment.is_of_image:
        return damage(environment.place)
    digest = f"sha256:{environment.place.name}"
    changed = RootStore(root / ROOTS).verify(digest, progress=Progress(lambda _: None))
    return [f"{name} is not what it was" for name in changed]
