"""A notebook as a static page. It is foreign: it is cleaned here, and served without scripts in a sandbox."""

from __future__ import annotations

import base64
import itertools
import logging
import re
from typing import Any, Final

import nbformat
from bleach import clean  # type: ignore[import-untyped,unused-ignore]  # it has no stubs
from django.template.loader import render_to_string
from nbconvert.exporters import HTMLExporter
from pygments.formatters import HtmlFormatter

from catalog.causes import CausedError
from reproduce.runner.notebook import BLOCK

LARGEST_BYTES: Final = 15 * 2**20
_TAGS: Final = frozenset(
    re.findall(
        r"\w+",
        "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5"
        " h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th "
        "thead tr tt u ul var",
    )
)


def _is_harmless_link(_tag: str, name: str, value: str) -> bool:
    """Tell whether an attribute of a link stays: pictures may be data, a page that is data is a stranger's page."""
    return name in ("class", "title") or (name == "href" and not re.sub(r"[\x00-\x20]", "", value).startswith("data:"))


_ATTRIBUTES: Final = {
    "*": ["class", "title", "colspan", "rowspan", "align"],
    "a": _is_harmless_link,
    "img": ["src", "alt"],
}
# For looks alone: cleaning would leave the text of scripts and styles standing as words.
# What cleaning takes grows with the number of tags, and with the square of how many stand open at once.
_MOST_TAGS: Final = 60_000
_DEEPEST: Final = 200
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# These end by themselves.
_UNNESTED: Final = frozenset(re.findall(r"\w+", "area br col dd dt hr img input li meta option p td th tr wbr"))
_UNREADABLE: Final = ("script", "style")
# Each cell under its place, as causes and tables name it.
_TEMPLATE: Final = """{% extends "basic/index.html.j2" %}
{% block any_cell %}<p class="place">{{ cell.metadata.place }}</p>{{ super() }}{% endblock %}"""
# What a notebook lacks (alternative texts, say) is its author's business and no line in our log.
_log = logging.getLogger("reprise.notebook-page")
_log.setLevel(logging.ERROR)


class NotebookPageError(CausedError):
    """The notebook cannot be shown."""


def render_notebook(content: bytes) -> str:
    """Return the page of the notebook in `content`.

    Raises NotebookPageError: notebook-too-large, notebook-invalid.
    """
    if len(content) > LARGEST_BYTES:
        raise NotebookPageError("notebook-too-large", path="The executed notebook", limit="15 MB")
    try:
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
        _draw_as_images(notebook)
        _number_cells(notebook)
    except (ValueError, KeyError, AttributeError, TypeError, nbformat.ValidationError) as error:
        raise NotebookPageError(
            "notebook-invalid", path="The executed notebook", reason=type(error).__name__
        ) from error
    exporter = HTMLExporter(template_name="basic", raw_template=_TEMPLATE, log=_log)
    # nbconvert's own cleaning knows neither headings nor paragraphs, and cannot be told of them: all is cleaned below.
    exporter.register_filter("clean_html", _as_text)
    body, _ = exporter.from_notebook_node(notebook)
    _judge_tags(body)
    style = HtmlFormatter(style="default").get_style_defs(".highlight")  # type: ignore[no-untyped-call]  # stubs
    return render_to_string("reproduce/notebook_content.html", {"body": clean_html(body), "highlighting": style})


def clean_html(text: str) -> str:
    """Return `text` with harmless elements alone; what else stood there is taken out."""
    cleaned: str = clean(
        _without_unreadable(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        protocols={"http", "https", "mailto", "data"},
        strip=True,
    )
    return cleaned


def _judge_tags(text: str) -> None:
    """Raise NotebookPageError notebook-too-large when cleaning would keep this process busy for long."""
    if text.count("<") > _MOST_TAGS:
        raise NotebookPageError("notebook-too-large", path="The executed notebook", limit=f"{_MOST_TAGS} tags")
    depth = 0
    for tag in _TAG.finditer(text):
        if tag[2].lower() not in _UNNESTED:
            depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > _DEEPEST:
            raise NotebookPageError("notebook-too-large", path="The executed notebook", limit=f"{_DEEPEST} levels")


def _without_unreadable(text: str) -> str:
    """Return `text` without scripts and styles; of one that does not end only the tag goes, when all is cleaned."""
    for name in _UNREADABLE:
        opening, closing = (re.compile(rf"<{slash}{name}\b", re.IGNORECASE) for slash in ("", "/"))
        kept, place = [], 0
        # Each place is passed once, whatever stands there: a pattern for both would begin anew at every opening.
        while (begin := opening.search(text, place)) and (end := closing.search(text, begin.end())):
            kept.append(text[place : begin.start()])
            bracket = text.find(">", end.end())
            place = bracket + 1 if bracket >= 0 else len(text)
        text = "".join([*kept, text[place:]])
    return text


def _draw_as_images(notebook: Any) -> None:  # noqa: ANN401 - nbformat's node has no type
    """Turn SVG outputs into images, inside which nothing acts."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            svg = (output.get("data") or {}).pop("image/svg+xml", None)
            if svg:
                encoded = base64.b64encode("".join(svg).encode()).decode()
                output.data["text/html"] = f'<img alt="" src="data:image/svg+xml;base64,{encoded}">'


def _number_cells(notebook: Any) -> None:  # noqa: ANN401 - as above
    """Note each cell's place, from 1, in the notebook as it was published: the cell of the parameters has none."""
    places = itertools.count(1)
    for cell in notebook.cells:
        is_injected = bool((cell.metadata.get(BLOCK) or {}).get("is_injected"))
        cell.metadata["place"] = "Parameters of this run" if is_injected else f"Cell {next(places)}"


def _as_text(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
