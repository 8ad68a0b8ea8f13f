"""Warm and cold start beside bare papermill, and what the sandbox costs: `python -m benchmarks.start.run`.

See README.md beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.overhead.run import call, make_peers
from benchmarks.start.clicks import Served
from benchmarks.start.ways import PROJECT, PoolOfOne, Times, Way, papermill_way, runner_way, stamped
from reproduce.runner.job import Container

_DATA: Final = Path(os.environ.get("REPRISE_DATA", PROJECT / "var"))
_AS_OF: Final = "2024-05-01"


def main() -> None:
    """Measure all ways in turns and print their medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=PROJECT / "fixtures" / "demo" / "sans-silica-spheres")
    parser.add_argument("--notebook", default="notebooks/figure-1-guinier.ipynb")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--port", type=int, default=8794)
    parser.add_argument(
        "--container", action="append", default=[], help="docker or podman, by name or path; also twice"
    )
    parser.add_argument("--image", default="", help="the image that its containers run on")
    parser.add_argument("--docker-host", default="", help="the address of Docker's socket, if it is not the usual one")
    parser.add_argument("--without-clicks", action="store_true", help="leave out the served demonstration")
    options = parser.parse_args()
    with ExitStack() as stack:
        # Short, as the path of the pool's socket must be.
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rs-")))
        peers = _peers(options.source, options.notebook, place)
        source = stamped(options.source, options.notebook, place)
        pool = stack.enter_context(PoolOfOne(place))
        ways: dict[str, Way] = {
            "papermill": papermill_way(peers, source, options.notebook, place),
            "none, cold": runner_way(peers, source, options.notebook, place, sandbox="none"),
            "bubblewrap, cold": runner_way(peers, source, options.notebook, place, sandbox="bwrap"),
            "bubblewrap, warm": runner_way(peers, source, options.notebook, place, sandbox="bwrap", pool=pool),
        }
        for program in options.container:
            is_docker = Path(program).name == "docker"
            container = Container(program, options.docker_host if is_docker else "", options.image)
            ways[f"{Path(program).name}, cold"] = runner_way(
                peers, source, options.notebook, place, sandbox="container", container=container
            )
        if not options.without_clicks:
            for number, (name, kernels) in enumerate((("click, cold", 0), ("click, warm", 1))):
                data = _DATA / "benchmarks" / f"start-{kernels}"
                served = stack.enter_context(Served(data, port=options.port + number, warm_kernels=kernels))
                ways[name] = served.click
        print_tables(measure(ways, options.rounds))


def _peers(source: Path, notebook: str, place: Path) -> Path:
    """Return the environment with the notebook's packages, and papermill beside them."""
    copy, evidence = shutil.copytree(source, place / "published"), place / "evidence"
    ours = [sys.executable, str(PROJECT / "manage.py"), "reproduce", str(copy), "--notebook", notebook]
    call([*ours, "--as-of", _AS_OF, "--out", str(evidence)], cwd=place)
    statement = json.loads((evidence / "reproduction.json").read_text())
    return make_peers(evidence / "requirements.txt", statement["environment"]["python"])


def measure(ways: dict[str, Way], rounds: int) -> dict[str, list[Times]]:
    """Return the times of each way in each round; each round begins with another way, the first is not counted."""
    times: dict[str, list[Times]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(rounds + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            taken = ways[name]()
            if number:
                times[name].append(taken)
    return times


def print_tables(times: dict[str, list[Times]]) -> None:
    """Print the time to the first cell and to the end, each beside papermill's in the same round."""
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    rounds = len(next(iter(times.values())))
    print(f"{rounds} rounds on {os.cpu_count()} processors, Python {sys.version.split()[0]}; load at the end: {load}\n")
    for part, words in (("first_cell", "to the first cell"), ("end", "to the end")):
        seconds = {name: [getattr(each, part) for each in taken] for name, taken in times.items()}
        print(f"| {words} | median | fastest | slowest | of papermill's, median of the rounds |")
        print("|---|---|---|---|---|")
        for name, row in seconds.items():
            ratio = statistics.median(one / other for one, other in zip(row, seconds["papermill"], strict=True))
            print(f"| {name} | {statistics.median(row):.2f} s | {min(row):.2f} s | {max(row):.2f} s | {ratio:.2f} |")
        print()


if __name__ == "__main__":
    main()
