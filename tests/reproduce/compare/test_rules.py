"""The rules that can be switched off are those that there are, and all of them are documented."""

from __future__ import annotations

from pathlib import Path

import reproduce
from catalog.declarable import COMPARISON_RULES
from reproduce.compare import bundles, latex, tables, web_videos
from reproduce.compare.normalise import RULES

DOCUMENT = Path(reproduce.__file__).parents[1] / "docs/comparison.md"


def test_what_a_target_can_switch_off_is_what_the_comparison_has():
    assert {*RULES, tables.RULE, latex.RULE, web_videos.RULE, bundles.ERROR_STREAM_RULE} == set(COMPARISON_RULES)


def test_every_rule_is_documented_in_the_order_in_which_it_is_applied():
    lines = [line.split("|")[1].strip() for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    assert [name for line in lines if (name := line.strip("`")) in COMPARISON_RULES] == list(COMPARISON_RULES)
