"""manage.py environments export: everything that another place needs to make the environment again."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from builder.engines.lockfile import lock_as_requirements
from builder.environments_command.kept_lock import KeptLock
from builder.kept_recipe import recipe_to_json

_ARCHIVES: Final = (".tar.gz", ".tgz")


def exported_files(kept: KeptLock, companion: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts by file name: the lock for uv and pip, and for Binder, the companion and the recipe."""
    minor = ".".join(kept.lock.python_version.split(".")[:2])
    return {
        "pylock.toml": kept.lock.text,
        "requirements.txt": lock_as_requirements(kept.lock),
        "runtime.txt": f"python-{minor}\n",
        "companion.json": json.dumps(companion, indent=1, sort_keys=True) + "\n",
        "recipe.json": json.dumps(recipe_to_json(kept.recipe), indent=1, sort_keys=True) + "\n",
    }


def write_export(files: Mapping[str, str], target: Path) -> None:
    """Write the files into the archive `target` (.tar.gz), else into the directory. Raises OSError.

    The same files make the same archive, byte for byte.
    """
    if not target.name.endswith(_ARCHIVES):
        target.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (target / name).write_text(text, encoding="utf-8")
        return
    content = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=content, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as archive,
    ):
        for name, text in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.getvalue())
