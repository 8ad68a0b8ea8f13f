"""Proposals of targets: from manifests, names, headings and images, and from the files of real repositories."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.figure_numbers import find_numbers
from catalog.identifiers import target_slug
from catalog.proposals import ProposedTarget, propose_targets
from catalog.sources.codecheck import ManifestFile


@dataclass(frozen=True)
class Figure:
    cell_id: str
    cell_index: int = 0
    heading: str = ""
    mime: str = "image/png"


@dataclass(frozen=True)
class Notebook:
    path: str
    title: str = ""
    figures: tuple[Figure, ...] = field(default=())


def named(*paths: str) -> tuple[ProposedTarget, ...]:
    return propose_targets([Notebook(path) for path in paths])


def labels(targets: tuple[ProposedTarget, ...]) -> list[str]:
    return [target.label for target in targets]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("figure-3", ["Figure 3"]),
        ("fig_3a", ["Figure 3a"]),
        ("Fig3", ["Figure 3"]),
        ("plotFig3A", ["Figure 3a"]),
        ("02_figure-02-ground-state", ["Figure 2"]),
        ("figure-2a-2b", ["Figure 2a", "Figure 2b"]),
        ("figure-2a-b", ["Figure 2a", "Figure 2b"]),
        ("figure-2a-d", ["Figure 2a", "Figure 2b", "Figure 2c", "Figure 2d"]),
        ("figure-2a-c-axis", ["Figure 2a"]),
        ("figure-1i", ["Figure 1i"]),
        ("figure-1iii-profile-comparison", ["Figure 1iii"]),
        ("figs-3-4", ["Figure 3", "Figure 4"]),
        ("figure-3-20nm", ["Figure 3"]),
        ("figure-1a-2d-map", ["Figure 1a"]),
        ("fig_S1", ["Figure S1"]),
        ("supplementary-figure-2", ["Supplementary Figure 2"]),
        ("extended_data_fig_4c", ["Extended Data Figure 4c"]),
        ("table-1", ["Table 1"]),
        ("Tab2", ["Table 2"]),
        ("fig3v2", ["Figure 3"]),
        ("figure_3.1", ["Figure 3.1"]),
        ("config_3", []),
        ("stable-4", []),
        ("figures", []),
        ("figure-2016-overview", []),
        ("reconfigure3", []),
    ],
)
def test_the_number_in_a_file_name_is_read(name: str, expected: list[str]) -> None:
    assert labels(named(f"{name}.ipynb")) == expected


@pytest.mark.parametrize(
    ("heading", "expected", "caption"),
    [
        ("Figure 3: The hysteresis", ["Figure 3"], "The hysteresis"),
        ("Fig. 9(a): Change of M_S – detail", ["Figure 9a"], "Change of M_S – detail"),
        ("Figures 2a and 2b", ["Figure 2a", "Figure 2b"], ""),
        ("Figure 2 (a)–(c). Maps", ["Figure 2a", "Figure 2b", "Figure 2c"], "Maps"),
        ("3.1 Reproducing Fig. 4b", ["Figure 4b"], ""),
        ("Table S1 | Fits", ["Table S1"], "Fits"),
    ],
)
def test_the_number_in_a_heading_is_read_with_its_caption(heading: str, expected: list[str], caption: str) -> None:
    mention = find_numbers(heading)
    assert mention is not None
    assert [number.label for number in mention.numbers] == expected
    assert mention.after == caption


def test_the_nanocylinder_repository_proposes_its_five_figures_in_order() -> None:
    found = named(
        "notebooks/data-format-explanations.ipynb",
        "notebooks/figure-1i-hysteresis-plots.ipynb",
        "notebooks/figure-1ii-3D-states-with-profiles.ipynb",
        "notebooks/figure-1iii-profile-comparison.ipynb",
        "notebooks/figure-2-hysteresis-phase-diagrams.ipynb",
        "notebooks/figure-3-distorted-geometries.ipynb",
    )
    assert labels(found) == ["Figure 1i", "Figure 1ii", "Figure 1iii", "Figure 2", "Figure 3"]
    assert found[0].caption == "Hysteresis plots"
    assert {one.confidence for one in found} == {"named"}
    assert all(one.cells == () for one in found)


def test_the_nanoparticle_repository_proposes_its_seven_figures_in_order() -> None:
    found = named(
        "notebooks/explanation_of_the_data_format.ipynb",
        "notebooks/fig_2_dipole_field_visualisation.ipynb",
        "notebooks/fig_4_frequency_dependence_on_external_field.ipynb",
        "notebooks/fig_7_frequency_change_vs_lateral_particle_position.ipynb",
        "notebooks/fig_8_frequency_change_vs_particle_separation.ipynb",
        "notebooks/fig_9a_dependence_of_frequency_change_on_particle_Ms.ipynb",
        "notebooks/fig_9b_dependence_of_frequency_change_on_particle_size.ipynb",
        "notebooks/fig_9c_comparison_of_frequency_change_for_various_external_field_strengths.ipynb",
    )
    assert labels(found) == [f"Figure {number}" for number in ("2", "4", "7", "8", "9a", "9b", "9c")]
    assert found[4].caption == "Dependence of frequency change on particle Ms"


def test_figures_come_in_the_order_of_their_numbers() -> None:
    found = named("fig10.ipynb", "fig2.ipynb", "fig1b.ipynb", "fig1a.ipynb", "table1.ipynb")
    assert labels(found) == ["Figure 1a", "Figure 1b", "Figure 2", "Figure 10", "Table 1"]


def test_a_table_is_of_kind_table() -> None:
    assert named("table-1.ipynb")[0].kind == "table"


def test_the_directory_says_the_number_where_the_name_does_not() -> None:
    assert labels(named("figure_3/plot.ipynb")) == ["Figure 3"]


def test_the_title_captions_a_figure_that_its_name_numbers() -> None:
    found = propose_targets([Notebook("fig2.ipynb", "Figure 2: Phase diagram"), Notebook("fig3.ipynb", "Loops")])
    assert [one.caption for one in found] == ["Phase diagram", "Loops"]


def test_headings_name_the_cells_below_them() -> None:
    figures = (
        Figure("a", 3, "Figure 1: Loops"),
        Figure("b", 5, "Figure 1: Loops"),
        Figure("c", 8, "Figure 2"),
        Figure("d", 9, "Checks"),
    )
    found = propose_targets([Notebook("analysis.ipynb", "Analysis", figures)])
    assert [(one.label, one.cells, one.caption) for one in found] == [
        ("Figure 1", ("a", "b"), "Loops"),
        ("Figure 2", ("c",), ""),
    ]
    assert "Figure 1: Loops" in found[0].reason


def test_panels_of_a_named_notebook_take_the_cells_under_their_headings() -> None:
    figures = (Figure("a", 1, "Figure 2a"), Figure("b", 2, "Figure 2b"))
    found = propose_targets([Notebook("figure-2a-2b.ipynb", "", figures)])
    assert [(one.label, one.cells) for one in found] == [("Figure 2a", ("a",)), ("Figure 2b", ("b",))]


def test_a_numbered_title_proposes_the_whole_notebook() -> None:
    found = propose_targets([Notebook("x.ipynb", "Figure 5 – Map", (Figure("a"),))])
    assert [(one.label, one.cells, one.confidence) for one in found] == [("Figure 5", (), "headed")]


def test_images_without_a_number_are_guesses_and_come_last() -> None:
    guess = Notebook("a.ipynb", "Overview", (Figure("p", 2), Figure("q", 1), Figure("r", 3, mime="text/html")))
    found = propose_targets([guess, Notebook("z/fig9.ipynb")])
    assert labels(found) == ["Figure 9", "Figure from Overview, 1", "Figure from Overview, 2"]
    assert [one.cells for one in found] == [(), ("q",), ("p",)]
    assert [one.confidence for one in found] == ["named", "guessed", "guessed"]


def test_notebooks_that_share_a_title_are_told_apart_by_their_names() -> None:
    course = [Notebook(f"{name}.ipynb", "A course", (Figure("p"),)) for name in ("step_2", "step_10")]
    assert labels(propose_targets(course)) == ["Figure from step_2, 1", "Figure from step_10, 1"]


def test_a_notebook_with_neither_number_nor_image_proposes_nothing() -> None:
    assert propose_targets([Notebook("a.ipynb", "Overview", (Figure("r", mime="text/html"),))]) == ()


def test_the_manifest_comes_before_names_and_is_not_repeated() -> None:
    manifest = [ManifestFile("figures/fig3.png", "Figure 3"), ManifestFile("figures/fig3b.pdf", "Figure 3")]
    found = propose_targets([Notebook("fig3.ipynb"), Notebook("fig4.ipynb")], manifest)
    assert [(one.label, one.confidence) for one in found] == [("Figure 3", "declared"), ("Figure 4", "named")]
    assert found[0].files == ("figures/fig3.png", "figures/fig3b.pdf")
    assert found[0].notebook == "fig3.ipynb"
    assert "codecheck.yml" in found[0].reason


@pytest.mark.parametrize(
    ("entry", "notebooks", "expected"),
    [
        (ManifestFile("out/3a.png", "Fig. 3a"), ["fig3.ipynb", "fig4.ipynb"], ("Figure 3a", "fig3.ipynb")),
        (ManifestFile("out/fig_4.png"), ["fig3.ipynb", "fig4.ipynb"], ("Figure 4", "fig4.ipynb")),
        (ManifestFile("out/map.png", "The map"), ["map.ipynb", "other.ipynb"], ("The map", "map.ipynb")),
        (ManifestFile("out/a.png", "Figure 7"), ["only.ipynb"], ("Figure 7", "only.ipynb")),
        (ManifestFile("x.ipynb", "Figure 7"), ["w.ipynb", "x.ipynb"], ("Figure 7", "x.ipynb")),
        (ManifestFile("sums.csv", "The sums"), ["sums.ipynb"], ("The sums", "sums.ipynb")),
    ],
)
def test_a_file_of_the_manifest_is_matched_to_its_notebook(
    entry: ManifestFile, notebooks: list[str], expected: tuple[str, str]
) -> None:
    found = propose_targets([Notebook(path) for path in notebooks], [entry])
    declared = [(one.label, one.notebook) for one in found if one.confidence == "declared"]
    assert declared == [expected]


@pytest.mark.parametrize("entry", [ManifestFile("a.png", "Figure 7"), ManifestFile("data.npy", "Raw")])
def test_a_file_that_no_notebook_makes_is_not_proposed(entry: ManifestFile) -> None:
    assert propose_targets([Notebook("b.ipynb"), Notebook("c.ipynb")], [entry]) == ()


def test_one_label_of_two_notebooks_is_told_apart() -> None:
    found = named("a/fig3_one.ipynb", "b/fig3_two.ipynb", "c/fig3_two.ipynb")
    assert labels(found) == ["Figure 3", "Figure 3 (fig3_two)", "Figure 3 (fig3_two) 2"]


def test_checkpoints_are_left_out() -> None:
    assert named(".ipynb_checkpoints/fig3-checkpoint.ipynb") == ()


def test_there_are_at_most_a_hundred() -> None:
    assert len(named(*[f"fig{number}.ipynb" for number in range(1, 300)])) == 100


@given(
    st.lists(st.builds(Notebook, st.text(min_size=1, max_size=30), st.text(max_size=30)), max_size=6),
    st.lists(st.builds(ManifestFile, st.text(min_size=1, max_size=20), st.text(max_size=30)), max_size=4),
)
def test_any_names_give_unique_labels_and_slugs(notebooks: list[Notebook], manifest: list[ManifestFile]) -> None:
    found = propose_targets(notebooks, manifest)
    assert len({one.label for one in found}) == len(found)
    assert len({one.slug for one in found}) == len(found)
    assert all(one.slug == target_slug(one.label) and one.label for one in found)


@given(st.text(alphabet="figurestab ._-0123456789()abcIV&,–", max_size=120))
def test_any_text_is_searched_for_numbers(text: str) -> None:
    mention = find_numbers(text)
    assert mention is None or 1 <= len(mention.numbers) <= 40
