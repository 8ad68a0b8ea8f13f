"""How long an environment takes: cold, warm and hot, beside venv and pip on the same pinned packages, in one run.

Then how long a resolution takes as of a date and as of today, alternating.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

from builder.engines.interpreters import nearest  # noqa: E402 - the project is found first
from builder.engines.local import LocalEngine  # noqa: E402
from builder.engines.lockfile import lock_as_requirements  # noqa: E402
from builder.engines.progress import Progress, Stage  # noqa: E402
from builder.engines.protocol import Lock  # noqa: E402
from builder.recipe.model import Recipe, Requirement  # noqa: E402

PACKAGES = "numpy scipy pandas matplotlib h5py ipykernel"
QUIET = Progress(lambda _: None)
# A resolution mostly waits for the index, whose answers vary by more than the two dates do.
_RESOLUTIONS_A_ROUND = 6


class Bench:
    """Both ways on one disk: `place` holds an engine's directory, pip's wheels, and what they make."""

    def __init__(self, place: Path, packages: tuple[str, ...], python: str, as_of: datetime) -> None:
        self.place = place
        self.packages = packages
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        self.interpreter = nearest(LocalEngine(place / "engine").interpreters(), python)[0]
        self.as_of = as_of
        self.lock: Lock = self._engine().resolve(self._recipe(as_of), progress=QUIET)
        self.pinned = place / "requirements.txt"
        self.wheels = place / "wheels"
        self.pinned.write_text(lock_as_requirements(self.lock))

    def _engine(self) -> LocalEngine:
        return LocalEngine(self.place / "engine", interpreters=(self.interpreter,))

    def _recipe(self, as_of: datetime) -> Recipe:
        listed = tuple(Requirement(name, "requirements.txt") for name in self.packages)
        version = self.interpreter.version
        return Recipe(("requirements.txt",), listed, version, "asked for", as_of, "asked for", False)

    def forget(self, *names: str) -> None:
        for name in names:
            shutil.rmtree(self.place / name, ignore_errors=True)

    def build(self) -> tuple[float, float]:
        """Return the seconds until the environment is ready, and until its verification began."""
        marks: dict[Stage, float] = {}
        started = time.perf_counter()

        def mark(stage: Stage) -> None:
            marks[stage] = time.perf_counter() - started

        built = self._engine().build(
            self._recipe(self.as_of), self.lock, source=self.place, progress=Progress(lambda _: None, stage=mark)
        )
        took_s = time.perf_counter() - started
        if not (built.prefix / "bin" / "python").exists():
            sys.exit("The environment is not there: its time means nothing.")
        return took_s, marks.get(Stage.VERIFY, took_s)

    def fetch_wheels(self) -> None:
        """Put pip's wheels where it takes them without a network: never slower than its own cache would be."""
        python = self._venv()
        _call([*python, "download", "--quiet", "--no-deps", "--dest", str(self.wheels), "-r", str(self.pinned)])

    def pip(self, *, is_cold: bool) -> float:
        started = time.perf_counter()
        source = [] if is_cold else ["--no-index", "--find-links", str(self.wheels)]
        _call([*self._venv(), "install", "--quiet", "--no-deps", "--require-hashes", *source, "-r", str(self.pinned)])
        return time.perf_counter() - started

    def _venv(self) -> list[str]:
        self.forget("venv")
        _call([str(self.interpreter.executable), "-m", "venv", str(self.place / "venv")])
        pip = [str(self.place / "venv" / "bin" / "python"), "-m", "pip"]
        return [*pip, "--no-cache-dir", "--disable-pip-version-check"]

    def resolve(self, as_of: datetime) -> float:
        """Resolve anew, an hour after whatever was resolved before: no lock is kept, pages of the index are old."""
        self.forget("engine/locks")
        an_hour_ago = time.time() - 3600
        for page in (self.place / "engine" / "cache").glob("simple-v*/**/*.rkyv"):
            os.utime(page, (an_hour_ago, an_hour_ago))
        started = time.perf_counter()
        self._engine().resolve(self._recipe(as_of), progress=QUIET)
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description="Time environments: cold, warm, hot, beside venv and pip.")
    parser.add_argument("--data", type=Path, default=PROJECT / "var" / "benchmarks" / "builds")
    parser.add_argument(
        "--packages", default=PACKAGES, help="what is asked for, with spaces between; ipykernel with it"
    )
    parser.add_argument("--python", default="3.11")
    parser.add_argument("--as-of", type=datetime.fromisoformat, default=datetime(2024, 5, 1))  # noqa: DTZ001 - made UTC
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cold-rounds", type=int, default=2)
    options = parser.parse_args()
    bench = Bench(options.data, tuple(options.packages.split()), options.python, options.as_of.replace(tzinfo=UTC))
    version, count = bench.interpreter.version, len(bench.lock.packages)
    print(f"{options.rounds} rounds ({options.cold_rounds} cold) on {os.cpu_count()} processors; Python {version}, "
          f"{count} packages as of {bench.as_of:%Y-%m-%d}\n")  # fmt: skip
    try:
        table(measure_builds(bench, options.rounds, options.cold_rounds))
        print_resolutions(bench, options.rounds)
    finally:
        shutil.rmtree(options.data, ignore_errors=True)


def measure_builds(bench: Bench, rounds: int, cold_rounds: int) -> dict[str, tuple[list[float], list[float]]]:
    """Return for each state the seconds of ours and of pip's, round by round."""
    cold: tuple[list[float], list[float]] = ([], [])
    for number in range(cold_rounds):
        ways: list[Callable[[], object]] = [lambda: _cold_ours(bench, cold[0]), lambda: _cold_pip(bench, cold[1])]
        for way in ways if number % 2 else reversed(ways):
            way()
    bench.build()
    bench.fetch_wheels()
    bench.pip(is_cold=False)
    warm: tuple[list[float], list[float]] = ([], [])
    install: tuple[list[float], list[float]] = ([], warm[1])
    hot: tuple[list[float], list[float]] = ([], warm[1])
    for _ in range(rounds):
        bench.forget("engine/envs")
        whole_s, install_s = bench.build()
        warm[0].append(whole_s)
        install[0].append(install_s)
        warm[1].append(bench.pip(is_cold=False))
        hot[0].append(bench.build()[0])
    states = {"warm": warm, "warm, installing alone": install, "hot (pip: warm)": hot}
    return {"cold": cold, **states} if cold_rounds else states


def _cold_ours(bench: Bench, times: list[float]) -> None:
    bench.forget(*(f"engine/{name}" for name in ("cache", "bytecode", "wheels", "envs", "fonts")))
    times.append(bench.build()[0])


def _cold_pip(bench: Bench, times: list[float]) -> None:
    times.append(bench.pip(is_cold=True))


def print_resolutions(bench: Bench, rounds: int) -> None:
    """Print the medians of both dates, and how they relate round by round; each goes first in every other round."""
    today = datetime.now(UTC) - timedelta(minutes=5)
    bench.resolve(bench.as_of)
    bench.resolve(today)
    dated: list[float] = []
    fresh: list[float] = []
    for number in range(_RESOLUTIONS_A_ROUND * rounds):
        both = [(dated, bench.as_of), (fresh, today)]
        for times, date in both if number % 2 else reversed(both):
            times.append(bench.resolve(date))
    ratio = statistics.median(one / other for one, other in zip(dated, fresh, strict=True))
    print(f"\nResolving as of {bench.as_of:%Y-%m-%d}: {statistics.median(dated):.2f} s; as of today: "
          f"{statistics.median(fresh):.2f} s; the date takes {ratio:.2f} times as long.")  # fmt: skip


def table(states: dict[str, tuple[list[float], list[float]]]) -> None:
    """Print medians, and how many times faster each round of ours was than that round of pip's."""
    print("| state | Reprise | venv and pip | times faster, median of the rounds |")
    print("|---|---|---|---|")
    for name, (ours, theirs) in states.items():
        ratio = statistics.median(other / one for one, other in zip(ours, theirs, strict=True))
        print(f"| {name} | {_seconds(statistics.median(ours))} | {_seconds(statistics.median(theirs))} | {ratio:.1f} |")


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.1f} ms"


def _call(arguments: list[str]) -> None:
    answer = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if answer.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {answer.returncode}:\n{answer.stderr[-2000:]}")


if __name__ == "__main__":
    main()
