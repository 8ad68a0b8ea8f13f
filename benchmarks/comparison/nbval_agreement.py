"""nbval's verdict on each cell of its own notebooks beside ours: agreed, or why not.

    git clone https://github.com/computationalmodelling/nbval /tmp/nbval
    python -m benchmarks.comparison.nbval_agreement /tmp/nbval --python ENVIRONMENT/bin/python

ENVIRONMENT has nbval, nbclient, ipykernel and what the notebooks import (numpy, matplotlib, sympy). A bare clone serves
as well. Stock `pytest --nbval` runs each notebook; nbclient runs it once more, and our comparison is asked about that.
Both run nbval's code and notebooks as you do, without a sandbox. The exit code is 1 when a difference has no reason.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import nbformat
from nbformat import NotebookNode

from reproduce.compare import CellComparison, SanitizeRule, compare_notebooks, read_sanitize_file
from reproduce.compare.markers import read_markers

RUN: Final = """
import sys, nbformat
from nbclient import NotebookClient
source, target, folder = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
client = NotebookClient(notebook, timeout=60, allow_errors=True, resources={"metadata": {"path": folder}})
client.execute()
nbformat.write(notebook, target)
"""
# Notebooks that are also run with a sanitise file of nbval's repository.
SANITIZERS: Final = {
    "docs/source/index.ipynb": "docs/source/doc_sanitize",
    "tests/sample_notebook.ipynb": "tests/sanitize_defaults.cfg",
}
GOOD: Final = frozenset({"identical", "within_tolerance", "ignored"})


@dataclass(frozen=True, slots=True)
class Row:
    """One cell: both verdicts, and why they are not the same, if they are not."""

    notebook: str
    cell: int
    nbval: str
    ours: str
    reason: str


def main(arguments: list[str]) -> int:
    """Print the table; return 1 when a difference has no reason."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--only", default="*", metavar="PATTERN", help="notebooks whose path matches, as tests/*")
    parser.add_argument("--python", default=sys.executable, help="of an environment with nbval and nbclient")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        root = _checked_out(options.repository, Path(scratch) / "repository")
        notebooks = sorted(
            path.relative_to(root)
            for path in root.rglob("*.ipynb")
            if fnmatch(str(path.relative_to(root)), options.only)
        )
        rows: list[Row] = []
        for path in notebooks:
            for sanitizer in _sanitizers(path):
                found = _rows(options.python, root, path, sanitizer, Path(scratch))
                print(*found, sep="\n", file=sys.stderr, flush=True)
                rows += found
    print(_table(rows))
    return int(any(row.reason == "no reason found" for row in rows))


def _checked_out(repository: Path, into: Path) -> Path:
    """Return a copy of the working tree, or of the newest commit of a bare repository."""
    is_bare = (repository / "HEAD").is_file()
    git = ["git", f"--git-dir={repository}"] if is_bare else ["git", "-C", str(repository)]
    archive = subprocess.run([*git, "archive", "HEAD"], capture_output=True, check=True)
    into.mkdir()
    subprocess.run(["tar", "x", "-C", str(into)], input=archive.stdout, check=True)
    return into


def _sanitizers(path: Path) -> list[str | None]:
    given = SANITIZERS.get(path.as_posix())
    return [None, given] if given else [None]


def _rows(python: str, root: Path, path: Path, sanitizer: str | None, scratch: Path) -> list[Row]:
    published = nbformat.read(root / path, as_version=4)
    rules = read_sanitize_file(root / sanitizer) if sanitizer else ()
    # Each runs in files that no run has touched.
    with tempfile.TemporaryDirectory(dir=scratch) as place:
        first, second = (shutil.copytree(root, Path(place) / name) for name in ("first", "second"))
        theirs = _nbval(python, first, path, sanitizer, scratch / "report.xml")
        ours = _ours(python, second, path, published, rules, scratch)
    code = [cell for cell in published.cells if cell.cell_type == "code"]
    name = f"{path}{' (sanitised)' if sanitizer else ''}"
    return [
        Row(name, number, theirs.get(number, "not run"), _word(found), _reason(cell, theirs.get(number, ""), found))
        for number, (cell, found) in enumerate(zip(code, ours, strict=True))
    ]


def _nbval(python: str, root: Path, path: Path, sanitizer: str | None, report: Path) -> dict[int, str]:
    """Return nbval's word for each code cell, by its number: passed, failed, skipped or raised."""
    command = [python, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-c", os.devnull, f"--rootdir={root}"]
    command += ["-p", "no:cacheprovider", f"--junitxml={report}", "-o", "junit_family=xunit2"]
    command += [f"--nbval-sanitize-with={root / sanitizer}"] if sanitizer else []
    subprocess.run([*command, str(root / path)], capture_output=True, check=False, cwd=root, timeout=600)
    words: dict[int, str] = {}
    # In the order of the cells: some versions number them from 0, others from 1.
    for number, case in enumerate(ET.parse(report).getroot().iter("testcase")):
        failure = case.find("failure")
        if failure is not None:
            text = f"{failure.get('message')}{failure.text}"
            words[number] = "raised" if "execution caused an exception" in text else "failed"
        else:
            words[number] = "skipped" if case.find("skipped") is not None else "passed"
    return words


def _ours(
    python: str, root: Path, path: Path, published: NotebookNode, rules: tuple[SanitizeRule, ...], scratch: Path
) -> list[CellComparison]:
    """Run the notebook once more, without the cells that nbval skips, and compare."""
    executed = nbformat.from_dict(published)
    for number, cell in enumerate(executed.cells):
        cell.metadata["reprise"] = {"index": number}
        if cell.cell_type == "code" and read_markers(cell.source, cell.metadata.get("tags")).is_skipped:
            cell.source = ""
    nbformat.write(executed, scratch / "source.ipynb")
    command = [python, "-c", RUN, str(scratch / "source.ipynb"), str(scratch / "target.ipynb")]
    subprocess.run([*command, str((root / path).parent)], capture_output=True, check=True, timeout=600)
    original = nbformat.read(root / path, as_version=4)
    fresh = nbformat.read(scratch / "target.ipynb", as_version=4)
    return [
        cell for cell in compare_notebooks(original, fresh, sanitize=rules).cells if cell.index < len(original.cells)
    ]


def _word(cell: CellComparison) -> str:
    states = Counter(output.state for output in cell.outputs)
    return ", ".join(states) if states else "identical"


def _reason(cell: NotebookNode, theirs: str, ours: CellComparison) -> str:
    """Say why the two do not agree; empty where they do."""
    markers = read_markers(cell.source, cell.metadata.get("tags"))
    is_good = all(output.state in GOOD for output in ours.outputs)
    if is_good == (theirs in ("passed", "skipped")):
        return ""
    rules = sorted({rule for output in ours.outputs for rule in output.rules})
    if theirs == "raised" and is_good:
        if any(output.output_type == "error" for output in cell.outputs):
            return "the error is published and comes again"
        return "the cell raises and its outputs are not compared" if markers.is_ignored else "no reason found"
    if is_good and rules:
        return f"rules: {', '.join(rules)}"
    if is_good and any(output.state == "within_tolerance" for output in ours.outputs):
        return "numbers within the tolerance"
    if not is_good and any(output.mime.startswith("image/") and output.state == "differs" for output in ours.outputs):
        return "the picture changed; nbval skips pictures"
    if is_good and cell.execution_count is None and cell.outputs:
        return "outputs are stored without an execution count"
    return "no reason found"


def _table(rows: list[Row]) -> str:
    told = [row for row in rows if row.reason]
    agreed = len(rows) - len(told)
    lines = [f"{agreed} of {len(rows)} cells agree.", "", "| notebook | cells | agreed | not |", "|---|---|---|---|"]
    for name in dict.fromkeys(row.notebook for row in rows):
        of_it = [row for row in rows if row.notebook == name]
        differing = [row for row in of_it if row.reason]
        lines.append(f"| {name} | {len(of_it)} | {len(of_it) - len(differing)} | {len(differing)} |")
    lines += ["", "| notebook | code cell | nbval | ours | why |", "|---|---|---|---|---|"]
    lines += [f"| {row.notebook} | {row.cell} | {row.nbval} | {row.ours} | {row.reason} |" for row in told]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
