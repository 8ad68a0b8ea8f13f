"""What `manage.py reproduce` costs beside its peers: the same notebook, the same packages, side by side in one run.

Three ways, in turns, each a whole process from start to end:

- reproduce: `manage.py reproduce DIRECTORY --notebook NOTEBOOK`, its environment warm: sandboxed run, comparison
  of texts and figures, report and evidence;
- papermill: `papermill NOTEBOOK OUT`, which runs and compares nothing;
- papermill and nbval: the same, then `pytest --nbval NOTEBOOK`, which runs it again and compares texts.

The peers have an environment of their own, made from the lock of the first run and their own requirements, and kept in
the data directory.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("REPRISE_DATA", PROJECT / "var"))
PEERS = ("papermill==2.6.0", "nbval==0.11.0", "pytest==8.3.5")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time reproduce, papermill, and papermill with nbval.")
    parser.add_argument("--source", type=Path, default=PROJECT / "fixtures" / "demo" / "sans-silica-spheres")
    parser.add_argument("--notebook", default="notebooks/figure-1-guinier.ipynb")
    parser.add_argument("--as-of", default="2024-05-01", help="date of the packages, the same for all three")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reprise-overhead-") as scratch:
        place = Path(scratch)
        # A copy outside of any checkout: every way reads the same files.
        source = shutil.copytree(options.source, place / "source")
        ways = make_ways(source, options.notebook, options.as_of, place)
        times = measure(ways, options.rounds)
    print_table(times)


def make_ways(source: Path, notebook: str, as_of: str, place: Path) -> dict[str, Callable[[], None]]:
    """Return the three ways, with everything made that a warm start finds."""
    evidence = place / "evidence"
    ours = [sys.executable, str(PROJECT / "manage.py"), "reproduce", str(source), "--notebook", notebook]
    ours += ["--as-of", as_of, "--out", str(evidence)]
    call(ours, cwd=place, accepted=(0,))
    statement = json.loads((evidence / "reproduction.json").read_text())
    peers = make_peers(evidence / "requirements.txt", statement["environment"]["python"])
    folder = (source / notebook).parent
    papermill = [str(peers / "bin" / "papermill"), notebook, str(place / "out.ipynb"), "-k", "python3"]
    papermill += ["--cwd", str(folder), "--no-progress-bar"]
    nbval = [str(peers / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", notebook]
    variables = {"PATH": f"{peers / 'bin'}:{os.environ['PATH']}", "JUPYTER_PATH": str(peers / "share" / "jupyter")}

    def both() -> None:
        call(papermill, cwd=source, variables=variables)
        # Its verdict is not the matter here: it may call the same run failed.
        call(nbval, cwd=source, variables=variables, accepted=(0, 1))

    return {
        "reproduce": lambda: call(ours, cwd=place, accepted=(0,)),
        "papermill": lambda: call(papermill, cwd=source, variables=variables),
        "papermill and nbval": both,
    }


def make_peers(requirements: Path, python: str) -> Path:
    """Return the peers' environment: exactly the notebook's packages, and the peers with what they need beside them."""
    pinned = [
        line.split(" ")[0] for line in requirements.read_text().splitlines() if "==" in line and line[0].isalnum()
    ]
    key = hashlib.sha256("\n".join(["compiled", python, *PEERS, *pinned]).encode()).hexdigest()[:16]
    place = DATA / "benchmarks" / f"peers-{key}"
    if (place / "complete").exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    uv = [sys.executable, "-m", "uv"]
    call([*uv, "venv", "--quiet", "--python", python, str(place)])
    call(
        [
            *uv,
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
            str(place / "bin" / "python"),
            *pinned,
            *PEERS,
        ]
    )
    (place / "complete").touch()
    return place


def measure(ways: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each way in each round; each round begins with another way."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(rounds + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            started = time.perf_counter()
            ways[name]()
            # The first round fills the caches of the disk for all.
            if number:
                times[name].append(time.perf_counter() - started)
    return times


def print_table(times: dict[str, list[float]]) -> None:
    """Print medians, and how each round's times relate to that round's reproduce."""
    ours = times["reproduce"]
    print(f"{len(ours)} rounds on {os.cpu_count()} processors, Python {sys.version.split()[0]}\n")
    print("| way | median | fastest | slowest | reproduce takes, median of the rounds |")
    print("|---|---|---|---|---|")
    for name, seconds in times.items():
        ratio = statistics.median(one / other for one, other in zip(ours, seconds, strict=True))
        more = statistics.median(one - other for one, other in zip(ours, seconds, strict=True))
        related = "" if name == "reproduce" else f"{ratio:.2f} times as long, {more:+.2f} s"
        print(
            f"| {name} | {statistics.median(seconds):.2f} s | {min(seconds):.2f} s | {max(seconds):.2f} s | {related} |"
        )


def call(
    arguments: list[str],
    *,
    cwd: Path | None = None,
    variables: dict[str, str] | None = None,
    accepted: tuple[int, ...] = (0,),
) -> None:
    """Run a program, and end with what it said where it fails: a failure's time means nothing."""
    answer = subprocess.run(
        arguments, cwd=cwd, env={**os.environ, **(variables or {})}, capture_output=True, text=True, check=False
    )
    if answer.returncode not in accepted:
        sys.exit(
            f"{' '.join(arguments)} ended with {answer.returncode}:\n{answer.stdout[-2000:]}\n{answer.stderr[-2000:]}"
        )


if __name__ == "__main__":
    main()
