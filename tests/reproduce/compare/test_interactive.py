"""Interactive figures, as old and new versions of their libraries really wrote them (drawn_by/)."""

from __future__ import annotations

import base64
import copy
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from reproduce.compare.typed_arrays import MAX_DECODED_BYTES
from tests.reproduce.compare.notebooks import compare_one, compare_outputs, display

DRAWN = Path(__file__).parent / "drawn_by"
LOAD = "application__vnd.bokehjs_load.v0+json"


def drawn_by(name: str, form: str):
    return json.loads((DRAWN / f"{name}.json").read_text())[form]


def plotly(value, **forms: str):
    return display(**{"application__vnd.plotly.v1+json": value, **forms})


def vega(value, version: int, **forms: str):
    return display(**{f"application__vnd.vegalite.v{version}+json": value, **forms})


def bokeh(script: str):
    return display(**{"application__javascript": script, "application__vnd.bokehjs_exec.v0+json": ""})


def page(figure, identifier: str, words: str = ""):
    data, layout = json.dumps(figure["data"]), json.dumps(figure["layout"])
    script = (
        f"if (document.getElementById('{identifier}')) {{ Plotly.newPlot( '{identifier}', {data}, {layout}, {{}} ) }};"
    )
    return display(text__html=f"<p>{words}</p><div id='{identifier}'></div><script>{script}</script>")


def typed(values, kind: str) -> dict[str, str]:
    return {"dtype": kind, "bdata": base64.b64encode(np.asarray(values, kind).tobytes()).decode()}


OLD_PLOTLY, NEW_PLOTLY = drawn_by("plotly-4.14", "json"), drawn_by("plotly-7.1", "json")
OLD_BOKEH, NEW_BOKEH = drawn_by("bokeh-2.4", "javascript"), drawn_by("bokeh-3.9", "javascript")


def changed(figure, *path, value):
    copied = copy.deepcopy(figure)
    place = copied
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copied


def test_a_figure_of_two_versions_of_plotly_is_the_same():
    result = compare_one(plotly(OLD_PLOTLY, text__plain="Figure({})"), plotly(NEW_PLOTLY, text__plain="Figure()"))
    assert result.state == "identical"
    assert result.reason


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("data", 0, "y", 1), 2.6, ".data[0].y[1]"),
        (("data", 0, "y", 2), 2.6, ".data[0].y[2]"),
        (("data", 0, "mode"), "markers", ".data[0].mode"),
        (("data", 1, "z", 1, 0), 3.5, ".data[1].z[1][0]"),
        (("layout", "title", "text"), "U", ".layout.title.text"),
        (("layout", "template", "layout", "colorway", 0), "#000000", ".template.layout.colorway[0]"),
    ],
)
def test_a_change_in_a_figure_of_plotly_is_found_and_named_across_versions(path, value, place):
    result = compare_one(plotly(changed(OLD_PLOTLY, *path, value=value)), plotly(NEW_PLOTLY))
    assert result.state == "differs"
    assert place in result.reason


def test_random_identifiers_and_forms_of_titles_of_plotly_say_nothing():
    one = {
        "data": [{"y": [1.0], "uid": "a"}],
        "layout": {"title": "T", "uirevision": 1},
        "config": {"plotlyServerURL": "x"},
    }
    other = {"data": [{"y": typed([1.0], "f8"), "uid": "b"}], "layout": {"title": {"text": "T"}}}
    assert compare_one(plotly(one), plotly(other)).state == "identical"


@pytest.mark.parametrize("kind", ["i1", "u2", "f4", "f8"])
def test_encoded_arrays_are_compared_as_numbers(kind):
    def of(values):
        return plotly({"data": [{"y": typed(values, kind)}], "layout": {}})

    assert compare_one(of([1, 2, 3]), plotly({"data": [{"y": [1, 2, 3]}], "layout": {}})).state == "identical"
    assert compare_one(of([1, 2, 3]), of([1, 2, 4])).state == "differs"


def test_times_are_the_same_however_they_are_written():
    one = plotly({"data": [{"x": ["2020-01-01", "2020-01-02T03:04:05"]}], "layout": {}})
    other = plotly({"data": [{"x": ["2020-01-01T00:00:00.000000000", "2020-01-02T03:04:05.000"]}], "layout": {}})
    later = plotly({"data": [{"x": ["2020-01-01", "2020-01-02T03:04:06"]}], "layout": {}})
    assert compare_one(one, other).state == "identical"
    assert compare_one(one, later).state == "differs"


def test_a_figure_inside_a_page_is_read_from_its_script():
    one, other = page(OLD_PLOTLY, "a1"), page(NEW_PLOTLY, "b2")
    assert compare_one(one, other).state == "identical"
    assert compare_one(one, plotly(NEW_PLOTLY)).state == "identical"
    moved = changed(OLD_PLOTLY, "data", 0, "y", 1, value=2.6)
    assert compare_one(page(moved, "a1"), other).state == "differs"


def test_words_beside_a_figure_in_a_page_count():
    assert compare_one(page(OLD_PLOTLY, "a", "chi2 = 1.0"), page(OLD_PLOTLY, "b", "chi2 = 2.0")).state == "differs"


def test_a_page_that_only_loads_a_library_is_ignored_and_said_so():
    one = display(text__html="<script>window.PlotlyConfig = {MathJaxConfig: 'local'}; var v = 1;</script>")
    other = display(text__html="<script>window.PlotlyConfig = {MathJaxConfig: 'local'}; var v = 2;</script>")
    result = compare_one(one, other)
    assert result.state == "ignored"
    assert "loads a library" in result.reason
    loads = [display(**{LOAD: "", "application__javascript": f"load({number})"}) for number in (1, 2)]
    assert compare_one(*loads).state == "ignored"


@pytest.mark.parametrize("form", ["chart", "interactive", "layered"])
def test_a_chart_of_two_versions_of_vega_lite_is_the_same(form):
    one, other = drawn_by("altair-4.2", form), drawn_by("altair-6.3", form)
    words = {"text__plain": "<VegaLite 4 object>"}, {"text__plain": "alt.Chart(...)"}
    assert compare_one(vega(one, 4, **words[0]), vega(other, 6, **words[1])).state == "identical"
    moved = json.loads(json.dumps(other).replace('"I": 2.0', '"I": 2.5'))
    result = compare_one(vega(one, 4), vega(moved, 6))
    assert result.state == "differs"
    assert ".data.values[1].I was 2.0 and is now 2.5" in result.reason


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("mark",), "bar"),
        (("encoding", "y", "field"), "q"),
        (("encoding", "x", "scale"), {"type": "log"}),
        (("config", "mark"), {"color": "red"}),
    ],
)
def test_another_chart_differs(path, value):
    one = drawn_by("altair-4.2", "chart")
    assert compare_one(vega(one, 4), vega(changed(one, *path, value=value), 4)).state == "differs"


def test_a_selection_that_filters_counts_and_its_made_up_name_does_not():
    def chart(name, field):
        selection = {name: {"type": "multi", "fields": [field]}}
        return vega(
            {"$schema": "s", "mark": "bar", "selection": selection, "transform": [{"filter": {"selection": name}}]}, 4
        )

    assert compare_one(chart("selector001", "a"), chart("selector017", "a")).state == "identical"
    assert compare_one(chart("selector001", "a"), chart("selector001", "b")).state == "differs"


def test_a_document_of_one_version_of_bokeh_is_compared_whole_with_its_identifiers_renamed():
    renamed = NEW_BOKEH.replace('"p10', '"p20').replace("9221ad27", "77777777")
    assert renamed != NEW_BOKEH
    assert compare_one(bokeh(NEW_BOKEH), bokeh(renamed)).state == "identical"
    thicker = NEW_BOKEH.replace('"line_width":2', '"line_width":3', 1)
    assert compare_one(bokeh(NEW_BOKEH), bokeh(thicker)).state == "differs"


def test_documents_of_two_versions_of_bokeh_are_compared_by_what_they_draw_and_say_so():
    result = compare_one(bokeh(OLD_BOKEH), bokeh(NEW_BOKEH))
    assert result.state == "within_tolerance"
    assert "2.4.3" in result.reason
    assert "glyphs with their columns" in result.reason


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("AAAAAAAACEAAAAAAAAAAQAAAAAAAAPA/", "AAAAAAAACEAAAAAAAAAUQAAAAAAAAPA/"),
        ('"axis_label":"q"', '"axis_label":"r"'),
        ('"text":"B"', '"text":"C"'),
        ('"field":"I"', '"field":"q"'),
        ('"line_color":"red"', '"line_color":"blue"'),
        ('"type":"LinearScale"', '"type":"LogScale"'),
    ],
    ids=["value", "label", "title", "column", "colour", "scale"],
)
def test_a_change_of_what_is_drawn_is_found_across_versions_of_bokeh(was, becomes):
    assert was in OLD_BOKEH
    assert compare_one(bokeh(OLD_BOKEH.replace(was, becomes)), bokeh(NEW_BOKEH)).state == "differs"


def test_another_library_is_another_figure():
    result = compare_one(plotly(OLD_PLOTLY), vega(drawn_by("altair-4.2", "chart"), 4))
    assert result.state == "differs"


def test_a_figure_that_is_gone_is_missing():
    (result,) = compare_outputs([plotly(OLD_PLOTLY)], [])
    assert result.state == "missing"


BOMB = base64.b64encode(gzip.compress(bytes(MAX_DECODED_BYTES + 8))).decode()
DEEP = 1
for _ in range(150):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "hostile",
    [
        {"data": [{"y": {"dtype": "f8", "bdata": "AAA"}}], "layout": {}},
        {"data": [{"y": {"dtype": "O", "bdata": "AAAA"}}], "layout": {}},
        {"data": [{"y": {"dtype": "f8", "bdata": BOMB}}], "layout": {}},
        {"data": [{"y": {"dtype": "f8", "bdata": "AAAAAAAA+D8=", "shape": "-1, 1000000000000"}}], "layout": {}},
        {"data": [{"y": DEEP}], "layout": {}},
        {"data": 5},
        {"data": [], "layout": 5},
        [],
        "no JSON",
    ],
    ids=["cut", "objects", "bomb", "shape", "deep", "data", "layout", "list", "text"],
)
def test_a_hostile_figure_is_not_compared_and_never_raises(hostile):
    result = compare_one(plotly(hostile), plotly(NEW_PLOTLY))
    assert result.state == "not_compared"
    assert result.reason


@pytest.mark.timeout(300)
@pytest.mark.parametrize("script", ["Plotly.newPlot('a',[" * 50_000, "docs_json = {" * 50_000, "<script>" * 100_000])
def test_a_hostile_script_takes_no_longer_than_its_length_warrants(script):
    page = display(text__html=f"<script>{script}</script>a")
    assert compare_one(page, display(text__html=f"<script>{script}</script>b")).state == "differs"
