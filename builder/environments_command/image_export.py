"""manage.py environments export --format sif|oci: an environment of an image as one file."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path

from builder.engines.containers.roots import RootStore
from builder.engines.containers.sif import export_archive, export_sif
from builder.engines.progress import Progress
from builder.engines.storage import IMAGES, ROOTS, StoredEnvironment
from builder.errors import BuildError
from builder.eviction import store
from builder.installed_engines import image_settings


def export_image(environment: StoredEnvironment, form: str, target: Path, progress: Progress) -> None:
    """Write the environment as a SIF, or as an archive of its image when `form` is "oci".

    Raises BuildError image-lost when it went meanwhile, and those of the programs that write it.
    """
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = f"sha256:{environment.place.name}"
    if form == "oci":
        settings = image_settings(is_sandboxed=shutil.which("bwrap") is not None)
        export_archive(settings.client, digest, target, progress=progress)
        return
    root = RootStore(store().root / ROOTS).find(digest)
    if root is None:
        raise BuildError("image-lost", digest=digest)
    export_sif(root, target, variables=_variables(environment.key), progress=progress)


def _variables(key: str) -> list[tuple[str, str]]:
    """Return what the image sets, from the record of the environment."""
    for path in sorted((store().root / IMAGES).glob("*.json")):
        with suppress(OSError, ValueError, TypeError, KeyError):
            record = json.loads(path.read_text(encoding="utf-8"))
            if record["key"] == key:
                return [(str(name), str(value)) for name, value in record["variables"]]
    return []
