"""The table of verdicts on real repositories says where the program and what was judged by hand do not agree."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from benchmarks.corpus.verdicts import JUDGED, WORDS, rows, table

SWHID = f"swh:1:dir:{'a' * 40}"


def judged(**notebooks: dict[str, str]) -> dict[str, Any]:
    return {"repository": [{"name": "anna/paper", "swhid": SWHID, "notebooks": notebooks}]}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    notebooks = [
        {"path": "a", "verdict": "identical", "cause": None},
        {"path": "b", "verdict": "differs", "cause": {"id": "figures-alone-differ"}},
        {"path": "c", "verdict": None, "cause": {"id": "nothing-compared"}},
    ]
    place = tmp_path / "anna+paper" / "date" / "statement.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps({"swhid": SWHID, "notebooks": notebooks}))
    return tmp_path


def test_expected_and_seen_verdicts_are_counted_side_by_side(out: Path) -> None:
    said = table(rows(out, "date", judged(a={"verdict": "identical"}, b={"verdict": "reproduced"})))
    assert "| anna/paper | 2 | 1 / 1 / 0 / 0 / 0 / 0 | 1 / 0 / 1 / 0 / 0 / 0 | 1 |" in said


def test_a_disagreement_is_told_with_what_is_seen_by_hand(out: Path) -> None:
    said = table(rows(out, "date", judged(a={"verdict": "identical"}, b={"verdict": "reproduced", "why": "the same"})))
    assert "| paper | b | reproduced | differs, `figures-alone-differ` | the same |" in said
    assert "| paper | a |" not in said


def test_another_cause_than_the_named_one_is_no_agreement(out: Path) -> None:
    (row,) = rows(out, "date", judged(c={"verdict": "none", "cause": "figures-not-compared"}))
    assert not row.is_agreed


def test_a_statement_about_other_files_is_not_counted(out: Path) -> None:
    judgement = judged(a={"verdict": "identical"})
    judgement["repository"][0]["swhid"] = SWHID.replace("a", "b")
    assert rows(out, "date", judgement) == []


def test_a_verdict_that_is_none_is_refused(out: Path) -> None:
    with pytest.raises(SystemExit, match="“good” is none of"):
        rows(out, "date", judged(a={"verdict": "good"}))


def test_every_kept_judgement_has_a_verdict_and_names_the_files() -> None:
    for entry in tomllib.loads(JUDGED.read_text(encoding="utf-8"))["repository"]:
        assert re.fullmatch(r"swh:1:dir:[0-9a-f]{40}", entry["swhid"])
        assert {judgement["verdict"] for judgement in entry["notebooks"].values()} <= set(WORDS)
