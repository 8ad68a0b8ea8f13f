"""Run real repositories twice, with the time machine and with packages of today, and put both into one table.

    python -m benchmarks.corpus.run CHECKOUTS --out DIR [--name PART]

CHECKOUTS holds one git checkout a repository, named owner+name or name. Each lane is one call of `manage.py reproduce`,
as its user would make it. A notebook counts as run when it came to its end, past errors that the publication shows.
In DIR, table.md says what ran, and verdicts.md how the verdicts agree with those judged by hand (`verdicts.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

from benchmarks.corpus import verdicts

_HERE: Final = Path(__file__).parent
_PROJECT: Final = _HERE.parents[1]
_LANES: Final = ("date", "today")
# What is said of a notebook that ran to its end and has no verdict; every other cause tells that it did not.
_AFTER_THE_RUN: Final = frozenset({"nothing-compared", "figures-not-compared", "unstable-outputs", "unstable-run"})
_OLD_AFTER_YEARS: Final = 3
_SHOWN_CHARS: Final = 150


@dataclass(frozen=True, slots=True)
class Case:
    """One repository: its entry in repositories.toml and its checkout."""

    entry: dict[str, Any]
    checkout: Path

    @property
    def name(self) -> str:
        """Return owner/name."""
        return str(self.entry["name"])

    def notebooks(self) -> list[str]:
        """Return the notebooks that count, relative to the checkout."""
        patterns = self.entry.get("notebooks", ["*.ipynb"])
        found = sorted(path.relative_to(self.checkout).as_posix() for path in self.checkout.rglob("*.ipynb"))
        return [
            path
            for path in found
            if ".ipynb_checkpoints" not in path and any(fnmatch(path, pattern) for pattern in patterns)
        ]

    def committed(self) -> datetime:
        """Return the date of the commit."""
        answer = subprocess.run(
            ["git", "-C", str(self.checkout), "log", "-1", "--format=%cI"], capture_output=True, check=True, text=True
        )
        return datetime.fromisoformat(answer.stdout.strip())


def main() -> None:
    """Run what is asked for, keep each statement, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument(
        "--name", action="append", default=[], help="part of a name; repeatable, all repositories without"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lane", choices=_LANES, action="append", help="only this lane; repeatable")
    parser.add_argument("--table", action="store_true", help="run nothing, write the table of what is there")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cases = list(find_cases(options.checkouts))
    if not options.table:
        for case in cases:
            if not options.name or any(part in case.name for part in options.name):
                for lane in options.lane or _LANES:
                    run(case, lane, options.out, jobs=options.jobs)
    (options.out / "table.md").write_text(table(cases, options.out), encoding="utf-8")
    judged = tomllib.loads(verdicts.JUDGED.read_text(encoding="utf-8"))
    found = verdicts.rows(options.out, "date", judged)
    (options.out / "verdicts.md").write_text(f"{verdicts.table(found)}\n", encoding="utf-8")


def find_cases(checkouts: Path) -> list[Case]:
    """Return the listed repositories that are checked out."""
    listed = tomllib.loads((_HERE / "repositories.toml").read_text(encoding="utf-8"))["repository"]
    cases = []
    for entry in listed:
        owner, name = entry["name"].split("/")
        found = next((path for path in (checkouts / f"{owner}+{name}", checkouts / name) if path.is_dir()), None)
        if found is not None:
            cases.append(Case(entry, found.resolve()))
    return cases


def run(case: Case, lane: str, out: Path, *, jobs: int) -> None:
    """Reproduce the notebooks of the case in one lane and keep the statement."""
    notebooks = case.notebooks()
    place = out / case.name.replace("/", "+") / lane
    place.mkdir(parents=True, exist_ok=True)
    when = (
        ["--as-of", "today", "--python", "3.11"] if lane == "today" else ["--as-of", case.entry.get("as_of", "commit")]
    )
    chosen = [part for path in notebooks for part in ("--notebook", path)]
    command = [sys.executable, "manage.py", "reproduce", str(case.checkout), *when, *chosen, "--jobs", str(jobs)]
    command += ["--timeout", str(case.entry.get("timeout_s", 300)), "--out", str(place / "evidence")]
    command += ["--json", str(place / "statement.json")]
    started = datetime.now(UTC)
    with (place / "output.txt").open("w") as log:
        subprocess.run(command, cwd=_PROJECT, stdout=log, stderr=log, check=False, env=os.environ)
    seconds = (datetime.now(UTC) - started).total_seconds()
    print(f"{case.name} {lane}: {_ran(place / 'statement.json')} of {len(notebooks)} in {seconds:.0f} s", flush=True)


def _ran(statement: Path) -> int | None:
    """Return how many notebooks came to their end, None when there is no statement."""
    try:
        notebooks = json.loads(statement.read_text(encoding="utf-8"))["notebooks"]
    except OSError:
        return None
    return sum(has_run(notebook) for notebook in notebooks)


def has_run(notebook: dict[str, Any]) -> bool:
    """Tell whether the notebook came to its end."""
    reason = (notebook.get("cause") or {}).get("id")
    return notebook["verdict"] in ("identical", "reproduced", "differs") or reason in _AFTER_THE_RUN


def table(cases: list[Case], out: Path) -> str:
    """Return the table of expected and seen, the rates, and the cause of each failure, as Markdown."""
    lines = [
        "| repository | commit | notebooks | today: expected | seen | as of its date: expected | seen | Python, date |",
        "|---|---|---|---|---|---|---|---|",
    ]
    failures: list[str] = []
    sums: dict[str, list[int]] = {}
    for case in cases:
        count = len(case.notebooks())
        place = out / case.name.replace("/", "+")
        seen = {lane: _ran(place / lane / "statement.json") for lane in _LANES}
        if seen["date"] is None:
            continue
        statement = json.loads((place / "date" / "statement.json").read_text(encoding="utf-8"))
        environment = statement.get("environment") or {}
        made = f"{environment.get('python', 'none')}, {str(environment.get('as_of', ''))[:10]}"
        expected = [case.entry.get(f"expected_{name}", "–") for name in ("today", "as_of_date")]
        committed = case.committed()
        lines.append(
            f"| {case.name} | {committed:%Y-%m-%d} | {count} | {expected[0]} | {seen['today']} | {expected[1]} "
            f"| {seen['date']} | {made} |"
        )
        is_old = (datetime.now(UTC) - committed).days > 365 * _OLD_AFTER_YEARS
        kind = "declares its dependencies" if environment.get("recipe_files") else "declares nothing"
        for group in (kind, "older than three years") if is_old else (kind,):
            total = sums.setdefault(group, [0, 0, 0, 0])
            total[0] += count
            total[1] += seen["today"] or 0
            # Whoever drops the pins by hand may get more of them to run today: the larger number is the rival.
            total[2] += max(seen["today"] or 0, case.entry.get("expected_today", 0))
            total[3] += seen["date"]
        failures += [
            f"| {case.name.split('/')[1][:32]} | {Path(each['path']).name} | `{each['cause']['id']}` "
            f"| {_shortened(each['cause']['message'])} |"
            for each in statement["notebooks"]
            if not has_run(each) and each.get("cause")
        ]
    lines += [
        "",
        "| | notebooks | ran today | today at best, by hand | ran as of the date | times as many |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {group} | {total} | {today} ({today / total:.0%}) | {best} ({best / total:.0%}) "
        f"| {date} ({date / total:.0%}) | {_times(date, today)} ({_times(date, best)}) |"
        for group, (total, today, best, date) in sorted(sums.items())
    ]
    lines += ["", "What did not run as of its date, and why:", ""]
    lines += ["| repository | notebook | cause | what it said |", "|---|---|---|---|"]
    return "\n".join([*lines, *failures, ""])


def _shortened(message: str) -> str:
    """Return a cell of a table: one line, no bars, cut where it is long."""
    line = " ".join(message.split()).replace("|", "\\|")
    return line if len(line) <= _SHOWN_CHARS else f"{line[: _SHOWN_CHARS - 1]}…"


def _times(more: int, less: int) -> str:
    return f"{more / less:.2f}" if less else "–"


if __name__ == "__main__":
    main()
