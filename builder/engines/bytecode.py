"""Bytecode of an environment, compiled once for each source file and Python and then linked into every environment.

It is kept under the checksum of the source that it was made from, so that nothing a package says of itself decides what
another package runs. Compiling executes nothing of the source, and is done in the sandbox all the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.engines.interpreters import Interpreter
from builder.engines.progress import Progress
from builder.engines.uv_process import Uv
from builder.errors import BuildError
from builder.held_directory import held_directory

# Since then bytecode can be valid for what the source says instead of for when it was written.
OLDEST: Final = (3, 7)
# Nothing imports these; a notebook that does compiles them itself.
_LEFT_OUT: Final = frozenset({"__pycache__", "tests"})
_SOURCE_LIMIT: Final = 2**23
_NONE: Final = ""
# Runs on each Python from 3.7 on. A source that is no program for this Python is left out.
_COMPILE: Final = """
import json, os, py_compile, sys
from concurrent.futures import ProcessPoolExecutor

def compile_all(pairs):
    for source, target in pairs:
        try:
            py_compile.compile(source, target, os.path.basename(source), True, -1,
                               py_compile.PycInvalidationMode.UNCHECKED_HASH)
        except Exception:
            pass

with open(sys.argv[1], encoding="utf-8") as listed:
    pairs = json.load(listed)
with ProcessPoolExecutor() as pool:
    list(pool.map(compile_all, [pairs[start:start + 50] for start in range(0, len(pairs), 50)]))
"""


@dataclass(frozen=True, slots=True)
class Bytecode:
    """Bytecode kept in the directory `kept`, which must lie on the file system of the environments."""

    kept: Path
    scratch: Path
    uv: Uv

    def add(self, staged: Path, python: Interpreter, *, timeout_s: float, progress: Progress) -> None:
        """Give the environment `staged` its bytecode. What fails here only makes runs slower, and is logged.

        Raises BuildError cancelled, and OSError for a full disk.
        """
        place = self.kept / f"{python.version}-{hashlib.sha256(str(python.executable).encode()).hexdigest()[:8]}"
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            sources = dict(pool.map(lambda path: (path, _sha256(path)), _sources(staged)))
        progress.check()
        missing = {
            digest: path
            for path, digest in sources.items()
            if digest != _NONE and not (place / f"{digest}.pyc").exists()
        }
        if missing:
            try:
                self._compile(missing, place, staged, python, timeout_s, progress)
            except BuildError as error:
                if error.kind_id == "cancelled":
                    raise
                progress.log(f"Each run has to compile modules again: {error}")
        tag = "cpython-{}{}".format(*python.minor)
        for path, digest in sources.items():
            with suppress(FileNotFoundError):
                _link(place / f"{digest}.pyc", path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc")

    def _compile(
        self,
        missing: dict[str, Path],
        place: Path,
        staged: Path,
        python: Interpreter,
        timeout_s: float,
        progress: Progress,
    ) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self.scratch.mkdir(parents=True, exist_ok=True)
        with held_directory("compile-", self.scratch) as folder:
            (folder / "done").mkdir()
            listed = [(str(path), str(folder / "done" / f"{digest}.pyc")) for digest, path in missing.items()]
            (folder / "listed.json").write_text(json.dumps(listed), encoding="utf-8")
            try:
                self.uv.run_program(
                    [str(python.executable), "-E", "-s", "-S", "-c", _COMPILE, str(folder / "listed.json")],
                    interpreter=python,
                    cwd=folder,
                    readonly=(staged,),
                    writable=(folder,),
                    timeout_s=timeout_s,
                    progress=progress.logging_to(lambda _: None),
                )
            finally:
                # Each is whole: py_compile makes it visible by a rename.
                for made in (folder / "done").glob("*.pyc"):
                    made.replace(place / made.name)


def _sources(staged: Path) -> Iterator[Path]:
    for site in sorted(staged.glob("lib/python*/site-packages")):
        for folder, folders, names in os.walk(site):
            folders[:] = [each for each in folders if each not in _LEFT_OUT]
            yield from (Path(folder) / name for name in names if name.endswith(".py"))


def _sha256(path: Path) -> str:
    """Return the checksum of the source, or one that is nobody's where it is no plain file of a usual size."""
    try:
        facts = path.lstat()
        if not path.is_file() or path.is_symlink() or facts.st_size > _SOURCE_LIMIT:
            return _NONE
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return _NONE


def _link(kept: Path, target: Path) -> None:
    if not kept.exists() or os.path.lexists(target):
        return
    target.parent.mkdir(exist_ok=True)
    try:
        os.link(kept, target)
    except OSError:
        # Another file system, or as many links as a file can have.
        shutil.copyfile(kept, target)
