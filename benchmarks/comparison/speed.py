"""What comparing costs beside running: a notebook of 100 cells with 30 figures, and the same asked of nbval and nbdime.

    python -m benchmarks.comparison.speed --nbdime ENVIRONMENT/bin/python [--rounds 7]

The notebook is made and run twice here, without a sandbox. It is compared with its re-run (all figures equal to the
pixel) and with a run at another resolution (every figure registered and measured), by one thread and by several.
nbval's comparison of outputs is called without a kernel; it leaves PNG out, and so is timed with and without. nbdime
runs in an environment of its own (`uv venv ENVIRONMENT && uv pip install --python ENVIRONMENT/bin/python nbdime`), and
its process says its own time. All take turns in each round, and the ratios are those of each round. What else the
machine does matters little to times of the processor, and much to those of the clock.
"""

from __future__ import annotations

import argparse
import copy
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from nbval.plugin import IPyNbCell, coalesce_streams, nocolors

from benchmarks.comparison.spent import Spent, ask_ours, timed
from reproduce.compare.at_once import threads_for

FIGURES: Final = 30
CELLS: Final = 100
SETUP: Final = (
    "%matplotlib inline\nimport numpy as np\nimport matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = {dpi}"
)
FIGURE: Final = """x = np.linspace(0, 10, 400)
fig, ax = plt.subplots()
ax.plot(x, np.sin(x + {n}), label='model')
ax.errorbar(x[::20], np.sin(x[::20] + {n}), 0.1, fmt='o', label='data')
ax.set_xlabel('q'), ax.set_ylabel('I'), ax.legend()
plt.show()"""
TEXT: Final = """a = np.sin(np.arange(200.0) * {n})
print('mean', a.mean(), 'std', a.std())
a"""
SKIPPED: Final = frozenset({"metadata", "traceback", "prompt_number", "output_type", "name", "execution_count"})
NBDIME: Final = """
import sys, time, nbformat
from nbdime import diff_notebooks
one, other = (nbformat.read(path, as_version=4) for path in sys.argv[1:])
start, used = time.monotonic(), time.process_time()
diff_notebooks(one, other)
print(time.process_time() - used, time.monotonic() - start)
"""


def main(arguments: list[str]) -> None:
    """Print the table of medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nbdime", metavar="PYTHON", help="of an environment with nbdime; left out without it")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        published, fresh, other = (run(make_notebook(dpi))[1] for dpi in (100, 100, 120))
        paths = [Path(scratch) / f"{name}.ipynb" for name in ("published", "fresh", "other")]
        for notebook, path in zip((published, fresh, other), paths, strict=True):
            nbformat.write(notebook, path)
        threads = threads_for(0)
        ways: dict[str, Callable[[], Spent]] = {
            "running it": lambda: run(make_notebook(100))[0],
            "ours, figures equal": lambda: ask_ours(published, fresh),
            "ours, figures at another resolution": lambda: ask_ours(published, other),
            f"the same, by {threads} threads": lambda: ask_ours(published, other, at_once=threads),
            "nbval, without pictures": lambda: timed(lambda: ask_nbval(published, fresh, has_pictures=False)),
            "nbval, pictures byte by byte": lambda: timed(lambda: ask_nbval(published, fresh, has_pictures=True)),
        }
        if options.nbdime:
            ways["nbdime, figures equal"] = lambda: ask_nbdime(options.nbdime, paths[0], paths[1])
            ways["nbdime, figures at another resolution"] = lambda: ask_nbdime(options.nbdime, paths[0], paths[2])
        rounds = [{name: way() for name, way in ways.items()} for _ in range(options.rounds + 1)]
    # The first round fills caches.
    print(table(rounds[1:]))


def make_notebook(dpi: int) -> nbformat.NotebookNode:
    """Return a notebook of 100 code cells, 30 of which draw."""
    cells = [new_code_cell(SETUP.format(dpi=dpi))]
    cells += [new_code_cell(FIGURE.format(n=number)) for number in range(FIGURES)]
    cells += [new_code_cell(TEXT.format(n=number)) for number in range(CELLS - FIGURES - 1)]
    for number, cell in enumerate(cells):
        cell["id"] = f"c{number}"
    return new_notebook(cells=cells)


def run(notebook: nbformat.NotebookNode) -> tuple[Spent, nbformat.NotebookNode]:
    """Run a notebook, and return what the kernel took, its start included, and the notebook."""
    began, used = time.monotonic(), _seconds_of_children()
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    return Spent(_seconds_of_children() - used, time.monotonic() - began), notebook


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ask_nbval(published: nbformat.NotebookNode, fresh: nbformat.NotebookNode, *, has_pictures: bool) -> bool:
    """Ask nbval's own comparison of the outputs of each cell."""
    skipped = (*SKIPPED, *(() if has_pictures else ("image/png", "image/jpeg")))
    verdicts = []
    for one, other in zip(published.cells, fresh.cells, strict=True):
        item: Any = IPyNbCell.__new__(IPyNbCell)
        item.parent = SimpleNamespace(skip_compare=skipped, sanitize_patterns={})
        item.colors, item.comparison_traceback = nocolors, []
        item.format_output_compare = lambda *_: None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sides = (coalesce_streams(copy.deepcopy(list(cell.outputs))) for cell in (other, one))
            verdicts.append(item.compare_outputs(*sides))
    return all(verdicts)


def ask_nbdime(python: str, one: Path, other: Path) -> Spent:
    """Return what nbdime's difference takes, without the start of its process."""
    ended = subprocess.run([python, "-c", NBDIME, str(one), str(other)], capture_output=True, check=True, timeout=1800)
    processor_s, clock_s = map(float, ended.stdout.split())
    return Spent(processor_s, clock_s)


def table(rounds: list[Mapping[str, Spent]]) -> str:
    """Return the medians, and what share of running the notebook each takes."""
    lines = ["| way | processor | share of running | by the clock | share of running |", "|---|---|---|---|---|"]
    for name in rounds[0]:
        told = []
        for read in (attrgetter("processor_s"), attrgetter("clock_s")):
            median = statistics.median(read(each[name]) for each in rounds)
            share = statistics.median(read(each[name]) / read(each["running it"]) for each in rounds)
            told.append(f"{median:.3f} s | {100 * share:.1f} %")
        lines.append(f"| {name} | {' | '.join(told)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
