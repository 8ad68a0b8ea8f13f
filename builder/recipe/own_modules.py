"""Tell a repository's own modules from those of packages, and find the file that an import reaches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from builder.recipe.names import KNOWN_MODULES

_FILES_LIMIT: Final = 20_000
_SUFFIXES: Final = (".py", ".pyx", ".so", ".pyd")
_NOT_ENTERED: Final = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "env", "build", "dist"})
# Folders that a notebook puts on its path by habit.
_SOURCE_FOLDERS: Final = ("src", "lib", "code", "python")


class OwnModules:
    """The modules that lie in a repository, as its notebooks see them."""

    def __init__(self, root: Path, notebooks: Sequence[str]) -> None:
        self._files: set[PurePosixPath] = set(_module_files(root))
        self._compiled = {(file.parent, file.name.split(".")[0]) for file in self._files if file.suffix != ".py"}
        self._folders: set[PurePosixPath] = {parent for file in self._files for parent in file.parents}
        near: dict[PurePosixPath, None] = {}
        for notebook in sorted(notebooks):
            here = PurePosixPath(notebook).parent
            near.update(dict.fromkeys([here, *here.parents]))
        near.update(dict.fromkeys([PurePosixPath("."), *map(PurePosixPath, _SOURCE_FOLDERS)]))
        self._near = [folder for folder in near if folder in self._folders]
        self._far: dict[str, list[PurePosixPath]] = {}
        for file in sorted(self._files, key=lambda file: (len(file.parts), file)):
            is_package = file.name == "__init__.py" and len(file.parts) > 1
            name = file.parent.name if is_package else file.name.split(".")[0]
            folder = file.parent.parent if is_package else file.parent
            self._far.setdefault(name, []).append(folder)

    def find(self, module: str, *, importer: str, level: int = 0) -> tuple[str, ...] | None:
        """Return the files that importing the dotted name `module` runs, or None when it is not the repository's.

        `importer` is the path of the file that imports it. A module that is compiled has no file to read.
        """
        here = PurePosixPath(importer).parent
        parts = module.split(".") if module else []
        if level:
            folder = here
            for _ in range(level - 1):
                folder = folder.parent
            return self._along(folder, parts) or ()
        for folder in [here, *(near for near in self._near if near != here)]:
            found = self._along(folder, parts)
            if found is not None:
                return found
        if parts[0] in KNOWN_MODULES:
            return None
        for folder in self._far.get(parts[0], []):
            # A notebook that extends its path by another folder finds it there.
            found = self._along(folder, parts)
            if found is not None:
                return found
        return None

    def _along(self, folder: PurePosixPath, parts: Sequence[str]) -> tuple[str, ...] | None:
        found: list[str] = []
        for depth, part in enumerate(parts):
            folder_of_part = folder / part
            initial = folder_of_part / "__init__.py"
            if initial in self._files:
                found.append(str(initial))
            elif folder_of_part.with_name(f"{part}.py") in self._files:
                found.append(str(folder_of_part.with_name(f"{part}.py")))
                return tuple(found)
            elif (folder, part) in self._compiled:
                return tuple(found)
            elif not self._is_namespace(folder_of_part, parts[depth + 1 :], part):
                return tuple(found) if depth and found else None
            folder = folder_of_part
        return tuple(found)

    def _is_namespace(self, folder: PurePosixPath, rest: Sequence[str], name: str) -> bool:
        """Tell whether a folder without __init__.py is meant: an installed package goes before such a folder."""
        if folder not in self._folders:
            return False
        if not rest:
            return name not in KNOWN_MODULES
        return folder / rest[0] in self._folders or folder / f"{rest[0]}.py" in self._files


def _module_files(root: Path) -> Iterator[PurePosixPath]:
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NOT_ENTERED)
        here = PurePosixPath(Path(folder).relative_to(root).as_posix())
        for name in sorted(names):
            if name.endswith(_SUFFIXES) and not (Path(folder) / name).is_symlink():
                yield here / name
                count += 1
                if count >= _FILES_LIMIT:
                    return
