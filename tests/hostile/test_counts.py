"""The documentation counts the fixtures as they are."""

from __future__ import annotations

import re
from collections import Counter

from tests.contracts.project import read
from tests.hostile.cases import cases

FOLDERS = ("repositories", "builds", "renderings")


def test_every_group_of_fixtures_is_documented_with_its_count() -> None:
    counted = Counter((folder, case.by) for folder in FOLDERS for case in cases(folder))
    rows = re.findall(r"^\| [^|]+ \| `(\w+)`, `(\w+)` \| (\d+) \|", read("docs/security.md"), re.MULTILINE)
    assert {(folder, by): int(count) for folder, by, count in rows} == counted
    assert f"holds {sum(counted.values())} cases" in read("docs/security.md")


def test_every_fixture_says_what_it_tries() -> None:
    assert [case.name for folder in FOLDERS for case in cases(folder) if not case.tries.endswith(".")] == []
