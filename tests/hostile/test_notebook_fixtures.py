"""The hostile notebooks are what their descriptions say, and the documentation counts them right."""

from __future__ import annotations

import importlib.util
from collections import Counter

import pytest
from jsonschema import Draft202012Validator

from catalog.causes import CATALOGUE
from tests.contracts.project import table_rows
from tests.hostile.notebook_cases import CASE_SCHEMA, FIXTURES, GROUPS, NOTEBOOKS, case_names, read_case


def test_the_committed_notebooks_are_exactly_what_the_descriptions_make():
    spec = importlib.util.spec_from_file_location("make_notebooks", FIXTURES / "make_notebooks.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    made = maker.files()
    assert sorted(made) == sorted(path for path in NOTEBOOKS.rglob("*") if path.is_file())
    assert [path for path, text in made.items() if path.read_text(encoding="utf-8") != text] == []


@pytest.mark.parametrize("name", case_names())
def test_a_case_says_what_it_tries_and_what_must_happen(name: str):
    case = read_case(name)
    Draft202012Validator(CASE_SCHEMA).validate(case)
    assert case.get("cause", "internal-error") in CATALOGUE


def test_there_are_at_least_forty_five_cases():
    assert len(case_names()) >= 45


def test_the_documentation_counts_the_cases_of_each_group():
    counts = Counter(read_case(name)["group"] for name in case_names())
    rows = {row[0]: row[1] for row in table_rows("docs/security.md") if row[0] in GROUPS}
    assert rows == {group: str(counts[group]) for group in GROUPS}
