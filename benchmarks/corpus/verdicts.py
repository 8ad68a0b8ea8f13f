"""What is said of the notebooks of real repositories, beside what was judged by hand.

    python -m benchmarks.corpus.verdicts OUT [--lane date]

OUT is what `benchmarks.corpus.run` wrote. judged.toml holds, for the notebooks of one state of each repository, the
verdict that was judged by hand from the stored outputs and those of a run. Printed are both, counted by repository,
and every notebook on which they do not agree, as Markdown.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

JUDGED: Final = Path(__file__).parent / "judged.toml"
# "none" is that nothing can be said, most often because nothing was stored that could be compared.
WORDS: Final = ("identical", "reproduced", "differs", "failed", "unavailable", "none")


@dataclass(frozen=True, slots=True)
class Row:
    """One notebook: what its verdict should be, and why; what was seen, and the cause that was given."""

    repository: str
    path: str
    expected: str
    expected_cause: str
    why: str
    seen: str
    seen_cause: str

    @property
    def is_agreed(self) -> bool:
        """Tell whether both say the same; of the cause only where one was named."""
        return self.expected == self.seen and self.expected_cause in ("", self.seen_cause)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lane", choices=("date", "today"), default="date")
    options = parser.parse_args()
    print(table(rows(options.out, options.lane, tomllib.loads(JUDGED.read_text(encoding="utf-8")))))


def rows(out: Path, lane: str, judged: Mapping[str, Any]) -> list[Row]:
    """Return the judged notebooks of which there is a statement about the very files that were judged."""
    found = []
    for entry in judged["repository"]:
        statement = _statement(out / entry["name"].replace("/", "+") / lane / "statement.json")
        if statement is None or statement["swhid"] != entry["swhid"]:
            continue
        seen = {notebook["path"]: notebook for notebook in statement["notebooks"]}
        found += [
            _row(entry["name"], path, judgement, seen[path])
            for path, judgement in entry["notebooks"].items()
            if path in seen
        ]
    return found


def _statement(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError:
        return None


def _row(repository: str, path: str, judgement: Mapping[str, str], seen: Mapping[str, Any]) -> Row:
    word = judgement["verdict"]
    if word not in WORDS:
        raise SystemExit(f"{JUDGED.name}: {repository}, {path}: “{word}” is none of {', '.join(WORDS)}.")
    cause = (seen["cause"] or {}).get("id", "")
    return Row(
        repository,
        path,
        word,
        judgement.get("cause", ""),
        judgement.get("why", ""),
        seen["verdict"] or "none",
        cause,
    )


def table(found: list[Row]) -> str:
    """Return the counts by repository and the notebooks on which there is no agreement, as Markdown."""
    agreed = sum(row.is_agreed for row in found)
    same = sum(row.expected == row.seen for row in found)
    named = [row for row in found if row.expected_cause]
    lines = [
        f"{same} of {len(found)} notebooks have the verdict that was judged by hand, and of the {len(named)} with a "
        f"cause {sum(row.is_agreed for row in named)} have that too.",
        "",
        f"| repository | notebooks | expected: {' / '.join(WORDS)} | seen: the same order | agreed |",
        "|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row.repository for row in found):
        of_it = [row for row in found if row.repository == name]
        lines.append(
            f"| {name} | {len(of_it)} | {_counts(row.expected for row in of_it)} "
            f"| {_counts(row.seen for row in of_it)} | {sum(row.is_agreed for row in of_it)} |"
        )
    lines.append(
        f"| all | {len(found)} | {_counts(row.expected for row in found)} "
        f"| {_counts(row.seen for row in found)} | {agreed} |"
    )
    lines += ["", "| repository | notebook | expected | seen | what is seen by hand |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.repository.split('/')[1][:32]} | {Path(row.path).name} | {_said(row.expected, row.expected_cause)} "
        f"| {_said(row.seen, row.seen_cause)} | {row.why} |"
        for row in found
        if not row.is_agreed
    ]
    return "\n".join(lines)


def _counts(words: Iterable[str]) -> str:
    counted = Counter(words)
    return " / ".join(str(counted[word]) for word in WORDS)


def _said(word: str, cause: str) -> str:
    return f"{word}, `{cause}`" if cause else word


if __name__ == "__main__":
    main()
