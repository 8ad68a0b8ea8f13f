"""What comparing costs beside running, on published notebooks: those of the corpus nearest to 100 cells and 30 figures.

    REPRISE_DATA=DIR python -m benchmarks.comparison.real_notebooks CHECKOUTS [--rounds 3] [--only TEXT]

CHECKOUTS holds one git checkout a repository, named owner+name, as for benchmarks/corpus. Each notebook's environment
is made as of the date of its commit, or reused from the data directory DIR. In each round the notebook is run in it, in
the sandbox and without a network, by the runner that the service uses. Its pictures are compared while it runs, as the
service does it: what that leaves is the time from its end to the verdict. Then the two notebooks are compared once
more, from the beginning, by one thread. Times of the processor are those of the runner and all below it, so that what
else the machine does matters little. The shares are those of each round: by one thread that of the processor's time,
to the verdict that of the clock's. A run that does not come to its end is told, and not counted.
"""

from __future__ import annotations

import argparse
import glob
import io
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import django
import nbformat
import psutil
from PIL import Image

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from benchmarks.comparison.spent import Spent, ask_ours  # noqa: E402 - Django is set up first
from builder.snapshot.notebooks import read_notebook  # noqa: E402 - as above
from reproduce.cli.conduct import Conductor, limits_of  # noqa: E402 - as above
from reproduce.cli.evidence import EvidenceDirectory  # noqa: E402 - as above
from reproduce.cli.options import Options  # noqa: E402 - as above
from reproduce.cli.progress import LineProgress  # noqa: E402 - as above
from reproduce.cli.source import find_source  # noqa: E402 - as above
from reproduce.compare import NotebookComparison, compare_notebooks  # noqa: E402 - as above
from reproduce.compare.at_once import threads_for  # noqa: E402 - as above
from reproduce.compare.lettering import LIKENESSES  # noqa: E402 - as above
from reproduce.executors.local import LocalExecutor  # noqa: E402 - as above
from reproduce.reproduction import Claim, choose_sandbox, reproduce_notebook  # noqa: E402 - as above
from reproduce.runner.job import Job, Result  # noqa: E402 - as above

TIMEOUT_S: Final = 600.0
LOOK_EVERY_S: Final = 0.1
DECLARATIONS: Final = ("environment.yml", "requirements.txt", "runtime.txt")


@dataclass(frozen=True, slots=True)
class Case:
    """A notebook of a repository.

    `cells` are as many of its first cells, where a later one fails. Where what the repository declares draws nothing
    any more it is run without it: with what its imports ask for. Either is done in a copy, which needs a date: `as_of`.
    """

    repository: str
    notebook: str
    cells: int | None = None
    is_undeclared: bool = False
    as_of: str | None = None

    @property
    def name(self) -> str:
        """What the table calls it."""
        part = f", first {self.cells} cells" if self.cells else ""
        return (
            f"{self.repository.partition('/')[2]}, {Path(self.notebook).stem}{part}{' ¹' if self.is_undeclared else ''}"
        )


# Of each repository those with most figures.
CASES: Final = (
    Case("jrjohansson/scientific-python-lectures", "Lecture-4-Matplotlib.ipynb", cells=158, as_of="2023-10-15"),
    Case("jrjohansson/scientific-python-lectures", "Lecture-5-Sympy.ipynb", cells=160, as_of="2023-10-15"),
    Case("jrjohansson/scientific-python-lectures", "Lecture-3-Scipy.ipynb", cells=67, as_of="2023-10-15"),
    Case(
        "jakevdp/PythonDataScienceHandbook",
        "notebooks_v1/06.00-Figure-Code.ipynb",
        is_undeclared=True,
        as_of="2017-06-01",
    ),
    Case("minrk/ligo-binder", "index.ipynb"),
    Case("barbagroup/CFDPython", "lessons/03_CFL_Condition.ipynb"),
    Case("barbagroup/CFDPython", "lessons/14_Step_11.ipynb"),
    Case("barbagroup/AeroPython", "lessons/07_Lesson07_methodOfImages.ipynb"),
    Case("European-XFEL/EXtra-geom", "docs/masks.ipynb"),
    Case("European-XFEL/EXtra-geom", "docs/generic_geometry.ipynb"),
)


@dataclass(frozen=True, slots=True)
class Round:
    """What one run took, its comparison by one thread, and the seconds from its end to the verdict."""

    run: Spent
    alone: Spent
    after_s: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What was seen of one notebook. `why` says why there are no rounds."""

    name: str
    cells: int
    comparison: NotebookComparison | None = None
    rounds: tuple[Round, ...] = ()
    why: str = ""


class TimedExecutor:
    """Runs jobs here and keeps how long the processor worked for the last one, with all that ran below this process.

    The kernel's whole tree is killed at the end and leaves no account, so it is looked at ten times a second.
    """

    name: Final = "local"

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}
        self._clock_s = 0.0
        self.ended_at = 0.0
        self._is_over = threading.Event()

    @property
    def last(self) -> Spent:
        """What it took."""
        return Spent(sum(self._seen.values()), self._clock_s)

    def run(self, job: Job, bundle: Path, **words: Any) -> Result:  # noqa: ANN401 - handed on
        """Run the job as `Executor` promises."""
        self._seen.clear()
        self._is_over.clear()
        watching = threading.Thread(target=self._watch)
        watching.start()
        began = time.monotonic()
        try:
            return LocalExecutor().run(job, bundle, **words)
        finally:
            self.ended_at = time.monotonic()
            self._clock_s = self.ended_at - began
            self._is_over.set()
            watching.join()

    def _watch(self) -> None:
        this = psutil.Process()
        while not self._is_over.wait(LOOK_EVERY_S):
            for process in this.children(recursive=True):
                with suppress(psutil.Error):
                    used = process.cpu_times()
                    self._seen[process.pid] = used.user + used.system


def main(arguments: list[str]) -> None:
    """Measure each notebook and print the table, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="notebooks whose name holds this")
    options = parser.parse_args(arguments)
    print("| notebook | code cells | pictures | of another size | run | compare | share | a picture", end=" ")
    print("| run, by the clock | from its end to the verdict | share |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for case in CASES:
        if options.only in case.name:
            with tempfile.TemporaryDirectory() as scratch:
                print(line_of(measure(case, options.checkouts, Path(scratch), options.rounds)), flush=True)


def measure(case: Case, checkouts: Path, scratch: Path, rounds: int) -> Measured:
    """Run and compare the notebook several times in one environment."""
    source = prepared(case, checkouts / case.repository.replace("/", "+"), scratch)
    published = read_notebook(source / case.notebook)
    cells = sum(cell.cell_type == "code" for cell in published.cells)
    asked = Options(str(source), notebooks=(glob.escape(case.notebook),), repeat=1, timeout_s=TIMEOUT_S)
    evidence = EvidenceDirectory(scratch / "evidence")
    found = find_source(asked.source, allow_private=False)
    date = "commit" if case.as_of is None else datetime.fromisoformat(case.as_of).replace(tzinfo=UTC)
    conductor = Conductor(replace(asked, as_of=date), found, evidence, LineProgress(sys.stderr))
    outcome = conductor.conduct(datetime.now(UTC))
    evidence.discard()
    if outcome.facts is None or outcome.made is None:
        causes = [outcome.refusal, *(ending.cause for ending in outcome.endings)]
        return Measured(case.name, cells, why=next((one.message for one in causes if one), "no environment"))
    seen: list[Round] = []
    comparison = None
    for number in range(rounds):
        executor = TimedExecutor()
        LIKENESSES.forget()
        reproduction = reproduce_notebook(
            Claim(
                outcome.facts.path,
                case.notebook,
                committed_at=outcome.facts.committed_at,
                compared_at_once=threads_for(0),
            ),
            outcome.made.built,
            sandbox=choose_sandbox("no", is_own=False),
            limits=limits_of(TIMEOUT_S),
            bundle=scratch / f"round-{number}",
            executor=executor,
        )
        after_s = time.monotonic() - executor.ended_at
        if reproduction.comparison is None:
            return Measured(case.name, cells, why=reproduction.cause.message if reproduction.cause else "not compared")
        executed = read_notebook(reproduction.bundle / "executed.ipynb")
        comparison = compare_notebooks(published, executed)
        seen.append(Round(executor.last, ask_ours(published, executed), after_s))
    return Measured(case.name, cells, comparison, tuple(seen))


def prepared(case: Case, checkout: Path, scratch: Path) -> Path:
    """Return the checkout, or a copy of it: with the first cells alone, or a copy without what it declares."""
    if case.as_of is None:
        return checkout
    copy = scratch / checkout.name
    left_out = (".git", *(DECLARATIONS if case.is_undeclared else ()))
    shutil.copytree(checkout, copy, symlinks=True, ignore=shutil.ignore_patterns(*left_out))
    if case.cells is not None:
        notebook = nbformat.read(copy / case.notebook, as_version=4)
        notebook.cells = notebook.cells[: case.cells]
        nbformat.write(notebook, copy / case.notebook)
    return copy


def line_of(measured: Measured) -> str:
    """Return the row of the table."""
    if measured.comparison is None:
        return f"| {measured.name} | {measured.cells} | {measured.why} | | | | | | | | |"
    pictures = [
        output
        for cell in measured.comparison.cells
        for output in cell.outputs
        if output.published is not None and output.fresh is not None
    ]
    resized = sum(_size(one.published) != _size(one.fresh) for one in pictures)
    rounds = measured.rounds
    run_s = statistics.median(each.run.processor_s for each in rounds)
    alone_s = statistics.median(each.alone.processor_s for each in rounds)
    clock_s = statistics.median(each.run.clock_s for each in rounds)
    after_s = statistics.median(each.after_s for each in rounds)
    share = statistics.median(each.alone.processor_s / each.run.processor_s for each in rounds)
    clock_share = statistics.median(each.after_s / each.run.clock_s for each in rounds)
    each_ms = f"{1000 * alone_s / len(pictures):.0f} ms" if pictures else ""
    return (
        f"| {measured.name} | {measured.cells} | {len(pictures)} | {resized} | {run_s:.1f} s | {alone_s:.2f} s "
        f"| {100 * share:.1f} % | {each_ms} | {clock_s:.1f} s | {after_s:.2f} s | {100 * clock_share:.1f} % |"
    )


def _size(picture: bytes | None) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture or b"")) as image:
        return image.size


if __name__ == "__main__":
    main(sys.argv[1:])
