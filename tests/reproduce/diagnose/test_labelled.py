"""Failures that were labelled by hand: how many get the label as their cause.

Each was raised by a snippet of ours, run by IPython without a network in an environment of those in environments.json;
of a library's frames only the line that raised is kept. All but the four of never-run-completely, one that was
recorded again and two that notebooks of others asked for were labelled before there were rules. A third is held out:
no rule was changed for any of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reproduce.diagnose import Facts, StoredCell, explain_failure
from reproduce.runner.job import Failure, Result

HERE = Path(__file__).parent
ENVIRONMENTS = json.loads((HERE / "environments.json").read_text())
FAILURES = [json.loads(line) for line in (HERE / "failures.jsonl").read_text().splitlines()]


def facts_of_case(case: dict[str, Any]) -> Facts:
    environment = ENVIRONMENTS[case["environment"]]
    source = case["cells"][case["failing"]]["source"]
    failure = Failure("c", case["failing"], case["ename"], case["evalue"], case["traceback"], source=source)
    result = Result(
        status="cell-raised",
        failure=failure,
        started_at="2026-01-01T00:00:00+00:00",
        ended_at="2026-01-01T00:00:01+00:00",
        run_s=1.0,
        first_cell_s=0.5,
        cells_total=len(case["cells"]),
        cells_done=case["failing"],
        sandbox={"kind": "bwrap", "network": False},
        machine={},
        digests={},
    )
    cells = tuple(
        StoredCell(index, cell["source"], cell["count"], has_outputs=False) for index, cell in enumerate(case["cells"])
    )
    return Facts(result, cells, environment["python"], environment["packages"])


def agreement(cases: list[dict[str, Any]]) -> tuple[float, Counter[tuple[str, str]]]:
    confusion: Counter[tuple[str, str]] = Counter()
    for case in cases:
        found = explain_failure(facts_of_case(case))
        assert found is not None
        confusion[case["label"], found.id] += 1
    return sum(count for (label, found), count in confusion.items() if label == found) / len(cases), confusion


def test_the_set_is_large_and_wide() -> None:
    assert len(FAILURES) >= 100
    assert len({case["label"] for case in FAILURES}) >= 20
    assert len({ENVIRONMENTS[case["environment"]]["python"] for case in FAILURES}) >= 6
    assert 0.3 <= sum(case["is_held_out"] for case in FAILURES) / len(FAILURES) <= 0.4


def test_nine_of_ten_failures_get_the_cause_that_a_person_gave(record_property: Callable[[str, object], None]) -> None:
    whole, confusion = agreement(FAILURES)
    held_out, _ = agreement([case for case in FAILURES if case["is_held_out"]])
    wrong = ", ".join(f"{label} as {found} {count}" for (label, found), count in confusion.items() if label != found)
    record_property(
        "counted", f"diagnosis: {len(FAILURES)} labelled failures, {whole:.1%} agree, held out {held_out:.1%}"
    )
    record_property("counted", f"diagnosis, confusion: {wrong or 'none'}")
    assert whole >= 0.9
    assert held_out >= 0.9
