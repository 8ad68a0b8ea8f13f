"""The benchmark of harvesting: what it loads is a record, and what it prints is what it measured."""

from __future__ import annotations

import pytest

from benchmarks.oai.records import MARK, template
from benchmarks.oai.run import Harvest, at, report
from catalog.exposure.stored import read_record, write_record


def test_a_numbered_text_is_a_record_of_its_own() -> None:
    record = read_record(write_record(template()).replace(MARK, "0000042"))
    assert record.key == "publication/10.5072/paper.0000042"
    assert len(write_record(record)) > 1_500


def test_the_page_at_a_depth_is_the_median_around_it() -> None:
    rising = [float(number) for number in range(100)]
    assert [at(rising, part) for part in (0.05, 0.5, 0.95)] == sorted(at(rising, part) for part in (0.05, 0.5, 0.95))
    assert at(rising, 0.5) == pytest.approx(50, abs=5)
    assert at([1.0], 0.95) == 1.0


def test_the_ratio_is_taken_round_by_round(capsys: pytest.CaptureFixture[str]) -> None:
    ours = [Harvest([1.0], 0.5, 1000, is_full=True), Harvest([2.0], 0.5, 1000, is_full=True)]
    theirs = [Harvest([4.0], 0.5, 1000, is_full=True), Harvest([8.0], 0.5, 1000, is_full=False)]
    report({"reprise": ours, "other": theirs})
    row = capsys.readouterr().out.strip().splitlines()[-1]
    assert row.startswith("| other, sampled |")
    assert row.endswith("| 4.0 |")
