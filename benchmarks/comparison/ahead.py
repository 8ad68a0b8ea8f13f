"""What a verdict costs by the clock: how long after a notebook's end it comes, and how long the notebook takes by then.

    python -m benchmarks.comparison.ahead [--rounds 7]

The made notebook of `speed.py`, whose 30 figures all come out at another resolution than they were published, is run by
the runner that the service uses, in the sandbox where there is one, with the interpreter of this project. In turns the
figures are compared while it runs, and after it has run: then nothing is heard of its cells.
Times are of the clock, but for the last column: that of the processor in this process, which compares. `compared for`
is what both take together beyond the run that nothing is compared beside, as a share of that. The ratios are those of
each round.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import nbformat

from benchmarks.comparison.speed import make_notebook, run
from builder.engines.protocol import BuiltEnvironment, Lock
from reproduce.compare.at_once import threads_for
from reproduce.compare.lettering import LIKENESSES
from reproduce.executors.local import LocalExecutor
from reproduce.reproduction import Claim, find_sandbox, reproduce_notebook
from reproduce.runner.job import Job, Limits, Result

NOTEBOOK: Final = "made.ipynb"
PUBLISHED_DPI, FRESH_DPI = 100, 120


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds: the notebook's run, from its end to the verdict, and of the processor in this process."""

    run_s: float
    after_s: float
    processor_s: float


class NotedExecutor:
    """Runs jobs here and keeps when the last one ended. A deaf one tells nothing of what happens in it."""

    name: Final = "local"

    def __init__(self, *, is_deaf: bool) -> None:
        self._is_deaf = is_deaf
        self.began_at = self.ended_at = 0.0

    def run(self, job: Job, bundle: Path, *, on_event: Any = None, **words: Any) -> Result:  # noqa: ANN401 - handed on
        """Run the job as `Executor` promises."""
        self.began_at = time.monotonic()
        try:
            return LocalExecutor().run(job, bundle, on_event=None if self._is_deaf else on_event, **words)
        finally:
            self.ended_at = time.monotonic()


def main(arguments: list[str]) -> None:
    """Print the table of medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args(arguments)
    ways = {
        "after it has run, by 1 thread": (True, 1),
        f"after it has run, by {threads_for(0)} threads": (True, threads_for(0)),
        "while it runs": (False, threads_for(0)),
    }
    with tempfile.TemporaryDirectory() as scratch:
        snapshot = Path(scratch) / "snapshot"
        snapshot.mkdir()
        published = run(make_notebook(PUBLISHED_DPI))[1]
        # The paper drew at another resolution than its notebook draws today.
        published.cells[0].source = make_notebook(FRESH_DPI).cells[0].source
        nbformat.write(published, snapshot / NOTEBOOK)
        seen: dict[str, list[Round]] = {name: [] for name in ways}
        for number in range(options.rounds + 1):
            for name, (is_deaf, at_once) in ways.items():
                place = Path(scratch) / f"{number}-{len(seen[name])}-{name}"
                seen[name].append(measure(snapshot, place, is_deaf=is_deaf, at_once=at_once))
    # The first round fills caches.
    print(table({name: rounds[1:] for name, rounds in seen.items()}))


def measure(snapshot: Path, bundle: Path, *, is_deaf: bool, at_once: int) -> Round:
    """Reproduce the notebook once."""
    LIKENESSES.forget()
    executor = NotedExecutor(is_deaf=is_deaf)
    used = time.process_time()
    found = reproduce_notebook(
        Claim(snapshot, NOTEBOOK, compared_at_once=at_once),
        environment(),
        sandbox=find_sandbox() or "none",
        limits=Limits(),
        bundle=bundle,
        executor=executor,
    )
    ended_at = time.monotonic()
    if found.comparison is None:
        raise RuntimeError(f"the notebook was not compared: {found.cause}")
    run_s = executor.ended_at - executor.began_at
    return Round(run_s, ended_at - executor.ended_at, time.process_time() - used)


def environment() -> BuiltEnvironment:
    """Return the environment of this project as one that was built."""
    argv = (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")
    lock = Lock("", "0" * 64, "3.11", datetime(2024, 6, 1, tzinfo=UTC), (), ())
    readable = (Path(sys.prefix), Path(sys.base_prefix))
    return BuiltEnvironment("local", "0" * 64, Path(sys.prefix), "3.11", "python", argv, readable, lock, (), True, 0.0)


def table(seen: dict[str, Sequence[Round]]) -> str:
    """Return the medians, and what share of running the notebook the verdict takes on top of it."""
    head = ("figures are compared", "the run", "from its end to the verdict", "share of the run", "compared for")
    lines = [f"| {' | '.join((*head, 'processor'))} |", "|---|---|---|---|---|---|"]
    alone = [each.run_s for each in next(iter(seen.values()))]
    for name, rounds in seen.items():
        run_s, after_s, processor_s = (
            statistics.median(getattr(each, field) for each in rounds) for field in ("run_s", "after_s", "processor_s")
        )
        share = statistics.median(each.after_s / each.run_s for each in rounds)
        beyond = (
            statistics.median((each.run_s + each.after_s) / run for each, run in zip(rounds, alone, strict=True)) - 1
        )
        told = f"| {run_s:.2f} s | {after_s:.2f} s | {100 * share:.1f} % | {100 * beyond:.1f} % | {processor_s:.2f} s |"
        lines.append(f"| {name} {told}")
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
