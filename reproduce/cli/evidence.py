"""The directory of evidence: made beside its place, and put there in one step when it is complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Final

from builder.engines.lockfile import lock_as_requirements
from builder.engines.protocol import BuiltEnvironment
from builder.snapshot.directory import EVIDENCE_MARK
from reproduce.compare import MOST_RUNS, NotebookComparison
from reproduce.crate import METADATA, README
from reproduce.errors import RunError
from reproduce.executors.stage import FACTS_FILE, MODULES_FILE
from reproduce.picture import suffix_of
from reproduce.report_pdf import print_report
from reproduce.runner.bundle import EVENTS_FILE, FILES_DIRECTORY, KERNEL_LOG, NOTEBOOK_FILE
from reproduce.statement import statement_text

INTERNAL_ERROR: Final = "internal-error.log"
REPORT: Final = "report.html"
REPORT_PDF: Final = "report.pdf"
STATEMENT: Final = "reproduction.json"
VERDICT: Final = "verdict.json"
REPAIR: Final = "repair.patch"
BUILD_LOG: Final = "build.log"
PUBLISHED: Final = "published.ipynb"
_MARKS: Final = (STATEMENT, INTERNAL_ERROR)
_FROM_BUNDLE: Final = (NOTEBOOK_FILE, KERNEL_LOG, EVENTS_FILE, FACTS_FILE, MODULES_FILE)
_RESERVED: Final = frozenset(
    {
        REPORT,
        REPORT_PDF,
        STATEMENT,
        VERDICT,
        REPAIR,
        BUILD_LOG,
        METADATA,
        README,
        INTERNAL_ERROR,
        PUBLISHED,
        *_FROM_BUNDLE,
        "companion.json",
        "pylock.toml",
        "requirements.txt",
    }
)
# Evidence inside a checkout leaves the checkout clean, and is no part of the next snapshot.
_GITIGNORE: Final = f"{EVIDENCE_MARK}; made anew with each run.\n*\n"


class EvidenceDirectory:
    """Evidence under way. Nothing is seen at `place` before `publish`; `discard` leaves nothing at all."""

    def __init__(self, place: Path) -> None:
        """Prepare for evidence at `place`.

        Raises RunError evidence-foreign when something else is there, evidence-unwritable when nothing can be written.
        """
        self.place = Path(os.path.abspath(place))  # noqa: PTH100 - a link there is replaced, not followed
        self._check_place()
        self._staging = self.place.with_name(f".{self.place.name}.partial-{os.getpid()}")
        self._bundles = self._staging.with_name(f".{self.place.name}.bundles-{os.getpid()}")
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            self.discard()
            self._staging.mkdir()
            self._bundles.mkdir()
        except OSError as error:
            raise RunError("evidence-unwritable", path=self.place, reason=error.strerror) from error
        self.write(".gitignore", _GITIGNORE)
        self._count = 0

    def new_bundle(self) -> Path:
        """Return the path of a bundle directory that does not exist yet."""
        self._count += 1
        return self._bundles / str(self._count)

    def write(self, name: str, text: str) -> None:
        """Write a file of the evidence."""
        path = self._staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")

    def write_environment(self, built: BuiltEnvironment) -> None:
        """Write the lock in its two forms, and beside it the system facts that change figures."""
        lock = built.lock
        if built.companion:
            self.write("companion.json", statement_text(dict(built.companion)))
        self.write("pylock.toml", lock.text)
        self.write("requirements.txt", lock_as_requirements(lock))

    def keep_run(self, notebook: str, published: Path, bundle: Path) -> None:
        """Copy the published notebook and what the runner left of its run, output files among it."""
        folder = self._folder(notebook)
        _copy(published, folder / PUBLISHED)
        for name in _FROM_BUNDLE:
            _copy(bundle / name, folder / name)
        for number in range(2, MOST_RUNS + 1):
            _copy(bundle / f"run-{number}" / NOTEBOOK_FILE, folder / f"executed-{number}.ipynb")
        if (bundle / FILES_DIRECTORY).is_dir():
            shutil.copytree(bundle / FILES_DIRECTORY, folder / FILES_DIRECTORY, dirs_exist_ok=True)

    def keep_published(self, notebook: str, published: Path) -> None:
        """Copy the notebook as it was found, of one that did not come to run."""
        _copy(published, self._folder(notebook) / PUBLISHED)

    def folder_name(self, notebook: str) -> str:
        """Return where the files of the notebook lie, relative to the evidence."""
        path = PurePosixPath(notebook)
        return str(path if path.stem in _RESERVED else path.with_suffix(""))

    def files(self) -> list[Path]:
        """Return the paths of all files that were written so far, relative to the evidence."""
        found = (path for path in self._staging.rglob("*") if path.is_file() and not path.is_symlink())
        return sorted(path.relative_to(self._staging) for path in found)

    def open(self, name: str) -> BufferedReader:
        """Open a file of the evidence for reading, before it is published."""
        return (self._staging / name).open("rb")

    def keep_pictures(self, notebook: str, comparison: NotebookComparison) -> None:
        """Write each compared picture: published, re-run, difference map."""
        folder = self._folder(notebook)
        for name, data in _pictures(comparison):
            (folder / name).write_bytes(data)

    def write_verdict(self, notebook: str, text: str) -> None:
        """Write what is said of one notebook."""
        (self._folder(notebook) / VERDICT).write_text(text, encoding="utf-8")

    def write_repair(self, notebook: str, patch: str) -> None:
        """Write the patch with which the notebook ran."""
        (self._folder(notebook) / REPAIR).write_text(patch, encoding="utf-8")

    def place_of(self, notebook: str) -> Path:
        """Return the directory of what is kept of a notebook, where it is once everything is published."""
        return self.place / self.folder_name(notebook)

    def print_report(self, *, wanted: str) -> None:
        """Write the report as a PDF too, by the Chromium that is wanted or found. Raises PrintError."""
        page = (self._staging / REPORT).read_text(encoding="utf-8")
        print_report(page, self._staging / REPORT_PDF, wanted=wanted)

    def publish(self) -> None:
        """Put the evidence at its place; what an earlier run left there goes."""
        old = self.place.with_name(f".{self.place.name}.old-{os.getpid()}")
        shutil.rmtree(self._bundles, ignore_errors=True)
        if self.place.is_symlink():
            self.place.unlink()
        elif self.place.exists():
            self.place.rename(old)
        self._staging.rename(self.place)
        shutil.rmtree(old, ignore_errors=True)

    def discard(self) -> None:
        """Remove what was not published."""
        for directory in (self._staging, self._bundles):
            shutil.rmtree(directory, ignore_errors=True)

    def _check_place(self) -> None:
        try:
            names = {path.name for path in self.place.iterdir()}
        except FileNotFoundError:
            return
        except OSError as error:
            raise RunError("evidence-unwritable", path=self.place, reason=error.strerror) from error
        if names and not names.intersection(_MARKS):
            raise RunError("evidence-foreign", path=self.place)

    def _folder(self, notebook: str) -> Path:
        folder = self._staging / self.folder_name(notebook)
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        shutil.copyfile(source, target)


def _pictures(comparison: NotebookComparison) -> Iterator[tuple[str, bytes]]:
    for cell in comparison.cells:
        for number, output in enumerate(cell.outputs, start=1):
            stem = f"cell-{cell.index + 1}-{number}"
            for side, data in (("published", output.published), ("rerun", output.fresh)):
                if data is not None:
                    yield f"{stem}-{side}.{suffix_of(data)}", data
            if output.difference_png is not None:
                yield f"{stem}-difference.png", output.difference_png
