"""Fifty runs on two workers: how many a minute, how long a worker stands idle, and what a loop of papermill takes.

    .venv/bin/python benchmarks/throughput/run.py [--runs 50] [--rounds 3]

See README.md beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("REPRISE_DATA", ROOT / "var"))
sys.path.insert(0, str(ROOT))
from benchmarks.overhead.run import make_peers  # noqa: E402 - the project is not installed

WORKERS = 2
SET_UP = """
from config.installation import prepare_installation
prepare_installation()
from catalog.models import Target
from reproduce.demonstration import load_demonstration
load_demonstration()
first = Target.objects.get(publication__doi={doi!r}, slug={slug!r})
keys = [first.pk]
for number in range(1, {count}):
    # One run at a time is active for a target: fifty targets of one notebook.
    copy, _ = Target.objects.get_or_create(
        publication=first.publication, slug=f"throughput-{{number}}",
        defaults={{"repository": first.repository, "label": f"Copy {{number}}", "notebook": first.notebook,
                  "state": first.state, "rtol": first.rtol, "atol": first.atol, "position": 1000 + number}})
    keys.append(copy.pk)
answer = keys
"""
REQUEST = """
from catalog.models import Target
from reproduce.queue import request_run
answer = [str(request_run(Target.objects.get(pk=key), reason="api", requested_by=None).pk) for key in {keys!r}]
"""
LOOK = """
from reproduce.models import Run
fields = ("id", "verdict", "run_s", "started_at", "ended_at", "attempts")
rows = Run.objects.filter(pk__in={runs!r}).values(*fields)
answer = [{{**row, "id": str(row["id"]), "started_at": str(row["started_at"]), "ended_at": str(row["ended_at"])}}
          for row in rows]
"""
LEFT = "SELECT count(*) FROM reproduce_run WHERE state NOT IN ('done', 'cancelled')"
LOCK = """
from reproduce.models import Run
run = Run.objects.filter(pk={run!r}).get()
from builder.prepare import artefact_store
answer = [artefact_store().path(run.artefacts["requirements.txt"]["sha256"]).read_text(), run.environment.python,
          run.snapshot.path]
"""
DOI, SLUG = "10.5072/reprise-demo.sans-silica-spheres", "figure-1"


def main() -> None:
    """Run both ways in turns, round by round, and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    data = DATA / "benchmarks" / "throughput"
    keys = ask(data, SET_UP.format(doi=DOI, slug=SLUG, count=options.runs))
    load = os.getloadavg()
    (first,) = queue(data, keys[:1])[1]
    requirements, python, source = ask(data, LOCK.format(run=first["id"]))
    ours: list[tuple[float, list[dict[str, Any]]]] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory(prefix="reprise-throughput-") as scratch:
        (Path(scratch) / "requirements.txt").write_text(requirements)
        peers = make_peers(Path(scratch) / "requirements.txt", python)
        copy = shutil.copytree(source, Path(scratch) / "source")
        subprocess.run(("chmod", "-R", "u+w", str(copy)), check=True)
        for number in range(options.rounds):
            for way in ("ours", "theirs") if number % 2 == 0 else ("theirs", "ours"):
                if way == "ours":
                    ours.append(queue(data, keys))
                else:
                    theirs.append(papermill(peers, copy, Path(scratch), options.runs))
    report(options.runs, ours, theirs, load)


def queue(data: Path, keys: list[int]) -> tuple[float, list[dict[str, Any]]]:
    """Queue all runs before the worker is there, start it, and return the seconds from its first start to the last end.

    Raises SystemExit when a run got no verdict.
    """
    runs = ask(data, REQUEST.format(keys=keys))
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "config.celery")
    worker = (*celery, "worker", "--concurrency", str(WORKERS), "--loglevel", "ERROR", "-Ofair")
    process = subprocess.Popen(
        (*worker, "--without-gossip", "--without-mingle", "--without-heartbeat"),
        cwd=ROOT,
        env=variables(data),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        # Read beside the project, whose start would cost more than the answer.
        while sqlite3.connect(data / "reprise.sqlite3").execute(LEFT).fetchone()[0]:
            time.sleep(0.5)
    finally:
        process.terminate()
        process.wait(timeout=60)
    rows = ask(data, LOOK.format(runs=runs))
    if bad := [row for row in rows if row["verdict"] is None or row["attempts"] != 1]:
        raise SystemExit(f"not every run came out: {bad[:3]}")
    started = min(moment(row["started_at"]) for row in rows)
    return max(moment(row["ended_at"]) for row in rows) - started, rows


def papermill(peers: Path, source: Path, scratch: Path, runs: int) -> float:
    """Run the notebook as often with `xargs -P`, and return the seconds that takes."""
    notebook = source / "notebooks" / "figure-1-guinier.ipynb"
    command = [str(peers / "bin" / "papermill"), str(notebook), f"{scratch}/out-{{}}.ipynb", "-k", "python3"]
    command += ["--cwd", str(notebook.parent), "--no-progress-bar"]
    started = time.monotonic()
    subprocess.run(
        ["xargs", "-P", str(WORKERS), "-I", "{}", *command],
        input="".join(f"{number}\n" for number in range(runs)),
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{peers / 'bin'}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"},
    )
    return time.monotonic() - started


def idle_gaps(rows: list[dict[str, Any]]) -> list[float]:
    """Return the seconds between the end of a run and the start of the next on the same worker, for all workers.

    Which worker had a run is not on record; the one that was free first is taken, which is what happens.
    """
    gaps: list[float] = []
    free: list[float] = []
    for row in sorted(rows, key=lambda row: moment(row["started_at"])):
        start, end = moment(row["started_at"]), moment(row["ended_at"])
        if len(free) == WORKERS:
            gaps.append(start - free.pop(0))
        free = sorted([*free, end])
    return gaps


def moment(text: str) -> float:
    """Return a stamp of the database as seconds."""
    return datetime.fromisoformat(text).timestamp()


def report(
    runs: int, ours: list[tuple[float, list[dict[str, Any]]]], theirs: list[float], load: tuple[float, ...]
) -> None:
    """Print medians over the rounds, and ratios taken round by round."""
    print(f"{runs} runs on {WORKERS} workers, {len(ours)} rounds, {os.cpu_count()} processors,", end=" ")
    print(f"load when it began {load[0]:.1f}, when it ended {os.getloadavg()[0]:.1f}\n")
    gaps = [gap for _, rows in ours for gap in idle_gaps(rows)]
    took = [moment(row["ended_at"]) - moment(row["started_at"]) for _, rows in ours for row in rows]
    notebooks = [row["run_s"] for _, rows in ours for row in rows]
    beyond = [whole - own for whole, own in zip(took, notebooks, strict=True)]
    mine = statistics.median(seconds for seconds, _ in ours)
    print("| way | all runs, median | a minute | longest round |")
    print("|---|---|---|---|")
    print(f"| Reprise | {mine:.1f} s | {60 * runs / mine:.1f} | {max(seconds for seconds, _ in ours):.1f} s |")
    other = statistics.median(theirs)
    print(f"| papermill by xargs -P {WORKERS} | {other:.1f} s | {60 * runs / other:.1f} | {max(theirs):.1f} s |")
    ratio = statistics.median(one / two for (one, _), two in zip(ours, theirs, strict=True))
    print(f"\nReprise takes {ratio:.2f} times as long, median of the rounds")
    print(
        f"idle between two runs of a worker: median {statistics.median(gaps) * 1000:.0f} ms, longest {max(gaps):.2f} s,"
    )
    print(f"  {100 * sum(gaps) / (WORKERS * sum(seconds for seconds, _ in ours)):.1f} % of the workers' time")
    own, extra = statistics.median(notebooks), statistics.median(beyond)
    print(f"a run beyond its notebook's own {own:.2f} s: median {extra:.2f} s")
    ends = sorted(moment(row["ended_at"]) for row in ours[-1][1])
    print(f"longest time between two ends in the last round: {max(b - a for a, b in pairwise(ends)):.2f} s")


def variables(data: Path) -> dict[str, str]:
    """Return the environment of the installation."""
    return {**os.environ, "REPRISE_DATA": str(data), "REPRISE_LOG_LEVEL": "ERROR"}


def ask(data: Path, code: str) -> Any:  # noqa: ANN401 - JSON
    """Run Python code inside the installation; what it assigns to `answer` comes back as JSON."""
    data.mkdir(parents=True, exist_ok=True)
    code = f"{code}\nimport json; print('ANSWER' + json.dumps(answer))"
    argv = (sys.executable, "manage.py", "shell", "--no-imports", "-c", code)
    done = subprocess.run(argv, cwd=ROOT, env=variables(data), capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")]
    if not found:
        raise SystemExit(done.stdout + done.stderr)
    return json.loads(found[-1].removeprefix("ANSWER"))


if __name__ == "__main__":
    main()
