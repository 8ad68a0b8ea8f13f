"""The public JSON is what its schema says, and strict JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

from catalog.causes import cause
from reproduce.compare import OutputState
from reproduce.statement import notebook_json, reproduction_json, statement_text

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "reproduction.schema.json").read_text())


def is_valid(statement: dict[str, Any]) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(statement)


def statement(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - the fields of a statement
    fields = {"source": "https://example.org/paper.git@v1", "commit": None, "swhid": None, "environment": None}
    return reproduction_json(**{**fields, "notebooks": [], **changes})


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_source_that_cannot_be_fetched_has_a_statement() -> None:
    assert is_valid(statement(why=cause("repository-missing", source="x")))


def test_a_notebook_that_did_not_run_has_a_statement() -> None:
    told = notebook_json("a.ipynb", verdict="unbuildable", cause=cause("requirement-not-found", requirement="x"))
    assert is_valid(statement(notebooks=[told]))


@pytest.mark.parametrize(
    ("verdict", "kind"), [("failed", None), (None, None), ("identical", "cell-raised"), ("splendid", None)]
)
def test_the_schema_refuses_a_verdict_that_does_not_go_with_its_cause(verdict: Any, kind: str | None) -> None:  # noqa: ANN401 - also a wrong one
    told = notebook_json("a.ipynb", verdict=verdict, cause=cause(kind) if kind else None)
    assert not is_valid(statement(notebooks=[told]))


def test_every_state_of_the_comparison_is_in_the_schema() -> None:
    states = set(get_args(OutputState))
    assert set(SCHEMA["$defs"]["state"]["enum"]) == states


def test_numbers_that_json_has_not_are_said_in_words() -> None:
    told = notebook_json("a.ipynb", verdict="identical", cause=None, parameters={"x": math.inf, "y": [math.nan]})
    assert json.loads(statement_text(statement(notebooks=[told])))["notebooks"][0]["parameters"] == {
        "x": "inf",
        "y": ["nan"],
    }
