"""The benchmark of the comparison of pictures, on a set of a few pairs drawn by the installed matplotlib."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.comparison import roc
from benchmarks.comparison.drawing.alterations import ALTERATIONS
from benchmarks.comparison.generate import generate
from benchmarks.comparison.methods import METHODS
from benchmarks.comparison.plan import DOUBLE, ERAS_3D, KINDS, SINGLE, SOLID, figures, pairs
from benchmarks.comparison.rates import Scored, alarms, area, curve, split, threshold_at
from benchmarks.comparison.tables import BEGIN, END


@pytest.fixture(scope="module")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("benchmark") / "set"
    generate(directory, {"installed": Path(sys.executable)}, kinds=("line",), seeds=(1, 2))
    return directory


def scored(value: float, is_altered: bool, half: str = "test") -> Scored:
    return Scored({"is_altered": is_altered, "half": half, "group": ""}, {"any": value}, {"any": 0.0})


def manifest_of(directory: Path) -> dict[str, Any]:
    return dict(json.loads((directory / "manifest.json").read_text()))


def test_the_set_names_two_pictures_for_every_pair(small_set: Path) -> None:
    listed = manifest_of(small_set)["pairs"]
    assert {pair["half"] for pair in listed} == {"train", "test"}
    assert {pair["is_altered"] for pair in listed} == {True, False}
    for pair in listed:
        assert (small_set / pair["a"]).stat().st_size
        assert (small_set / pair["b"]).stat().st_size


def test_an_altered_pair_says_how_much_was_altered(small_set: Path) -> None:
    altered = [pair for pair in manifest_of(small_set)["pairs"] if pair["is_altered"]]
    assert all(pair["changed_px"] > 0 and pair["changed_weight"] > 0 for pair in altered)
    assert any(pair["moved_px"] for pair in altered)


def test_the_same_seed_gives_the_same_pictures(small_set: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    generate(again, {"installed": Path(sys.executable)}, kinds=("line",), seeds=(1,))
    pair = manifest_of(again)["pairs"][0]
    assert (again / pair["a"]).read_bytes() == (small_set / pair["a"]).read_bytes()


def test_every_method_scores_a_pair_and_the_section_is_written(small_set: Path, tmp_path: Path) -> None:
    document = tmp_path / "comparison.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    roc.main(["--set", str(small_set), "--docs", str(tmp_path), "--write"])
    text = document.read_text()
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "\nold\n" not in text
    assert all(f"| {name} |" in text for name in METHODS)
    assert (tmp_path / "images" / "comparison-roc.svg").read_text().startswith("<?xml")


def test_a_document_without_markers_is_refused(small_set: Path, tmp_path: Path) -> None:
    document = tmp_path / "comparison.md"
    document.write_text("nothing to replace\n")
    with pytest.raises(SystemExit):
        roc.main(["--set", str(small_set), "--docs", str(tmp_path), "--write"])
    assert document.read_text() == "nothing to replace\n"


def test_the_plan_has_every_kind_way_and_alteration_in_both_halves() -> None:
    versions = ("1.5", "2.0", "2.2", "3.0", "3.1", "3.3", "3.5", "3.7", "3.9", "3.10")
    planned = list(figures(versions, KINDS, (1, 2, 3, 4)))
    wanted = [pair for figure in planned for pair in pairs(figure, versions)]
    assert {figure.kind for figure in planned} == set(KINDS)
    for half in ("train", "test"):
        chosen = [pair for pair in wanted if pair.figure.half == half]
        assert {pair.change for pair in chosen} >= {name for name, _ in ALTERATIONS}
        assert {pair.way.name for pair in chosen if not pair.change} >= {way.name for way in (*SINGLE, *DOUBLE)}
        assert {pair.version for pair in chosen} == set(versions)


def test_three_dimensions_are_drawn_the_same_only_by_versions_that_lay_them_out_alike() -> None:
    versions = tuple(version for era in ERAS_3D for version in era)
    solid = [pair for figure in figures(versions, sorted(SOLID), range(1, 41)) for pair in pairs(figure, versions)]
    assert "Cairo backend" in {pair.way.name for pair in solid}
    for pair in solid:
        assert any({pair.version, pair.figure.version} <= set(era) for era in ERAS_3D), pair


def test_a_method_that_separates_all_pairs_catches_all_without_false_alarms() -> None:
    perfect = [scored(0.1, False), scored(0.2, False), scored(0.3, True), scored(float("inf"), True)]
    same, altered = split(perfect)
    threshold = threshold_at(same, "any", 0.02)
    assert (threshold, alarms(altered, "any", threshold).value, alarms(same, "any", threshold).value) == (0.2, 1.0, 0.0)
    assert area(perfect, "any") == 1.0


def test_a_method_that_says_always_the_same_catches_nothing() -> None:
    blind = [scored(0.0, False), scored(0.0, True)]
    same, altered = split(blind)
    assert alarms(altered, "any", threshold_at(same, "any", 0.02)).value == 0.0
    assert area(blind, "any") == 0.5


def test_a_threshold_lets_no_more_false_alarms_through_than_it_may() -> None:
    same = [scored(float(value), False) for value in range(100)]
    for allowed in (0.0, 0.02, 0.05):
        assert alarms(same, "any", threshold_at(same, "any", allowed)).value == allowed
    false, caught = curve([*same, scored(50.5, True)], "any")
    assert (false[0], caught[-1]) == (0.0, 1.0)
