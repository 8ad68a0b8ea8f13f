"""An executed notebook becomes a static page from which everything that acts is gone."""

from __future__ import annotations

import json
import re

import pytest

from reproduce.notebook_page import LARGEST_BYTES, NotebookPageError, clean_html, render_notebook
from tests.evidence import notebook


def test_words_code_and_outputs_are_shown() -> None:
    page = render_notebook(notebook({"text/plain": "radius 60"}, markdown="# A figure\n\nSome *words*."))
    assert "<h1>A figure" in page
    assert "<em>words</em>" in page
    assert "intensity" in page
    assert "radius 60" in page


def test_each_cell_stands_under_its_place_in_the_published_notebook() -> None:
    executed = json.loads(notebook({"text/plain": "radius 60"}))
    published = executed["cells"]
    injected = {**published[1], "id": "more", "metadata": {"reprise": {"is_injected": True}}, "outputs": []}
    raw = {"cell_type": "raw", "id": "raw", "metadata": {}, "source": "as it is"}
    executed["cells"] = [published[0], raw, injected, published[1]]
    body = render_notebook(json.dumps(executed).encode()).split("<body>")[1]
    places = re.findall(r'<p class="place">(.*?)</p>', body)
    assert places == ["Cell 1", "Cell 2", "Parameters of this run", "Cell 3"]
    assert body.index("Cell 3") < body.index("radius 60")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src='https://example.org'></iframe>",
        "<svg><script>alert(1)</script></svg>",
        "<form action='https://example.org'><button>x</button></form>",
        "<meta http-equiv=refresh content='0;url=https://example.org'>",
        "<base href='https://example.org'>",
        "<style>body { background: url(https://example.org) }</style>",
        "<ScRiPt>alert(1)</sCrIpT>",
    ],
)
def test_what_acts_is_taken_out_of_words_and_outputs(hostile: str) -> None:
    body = render_notebook(notebook({"text/html": hostile}, markdown=hostile)).split("<body>")[1]
    lowered = body.lower()
    for sign in ("<script", "onerror", "javascript:", "<iframe", "<form", "<meta", "<base", "<style", "alert(1)</"):
        assert sign not in lowered


def test_javascript_outputs_are_left_out() -> None:
    body = render_notebook(notebook({"application/javascript": "alert(1)", "text/plain": "<Javascript>"}))
    assert "alert(1)" not in body


def test_an_svg_is_shown_as_an_image_in_which_nothing_acts() -> None:
    body = render_notebook(notebook({"image/svg+xml": "<svg onload='alert(1)'></svg>"})).split("<body>")[1]
    assert 'src="data:image/svg+xml;base64,' in body
    assert "onload" not in body


def test_tables_keep_their_form() -> None:
    assert clean_html("<table><tr><th colspan=2>q</th></tr></table>").count("<th colspan=") == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"cells": 3}', json.dumps({"nbformat": 4}).encode()])
def test_what_is_no_notebook_is_refused_with_its_cause(content: bytes) -> None:
    with pytest.raises(NotebookPageError) as caught:
        render_notebook(content)
    assert caught.value.cause.id == "notebook-invalid"


def test_a_notebook_too_large_to_show_is_refused_before_it_is_read() -> None:
    with pytest.raises(NotebookPageError) as caught:
        render_notebook(b" " * (LARGEST_BYTES + 1))
    assert caught.value.cause.id == "notebook-too-large"
