"""A notebook as a static page. What it holds is foreign: the page is served without scripts, in a sandbox."""

from __future__ import annotations

from typing import Final

import nbformat
from django.template.loader import render_to_string
from nbconvert.exporters import HTMLExporter
from pygments.formatters import HtmlFormatter

from catalog.causes import CausedError

LARGEST_BYTES: Final = 30 * 2**20


class NotebookPageError(CausedError):
    """The notebook cannot be shown."""


def render_notebook(content: bytes) -> str:
    """Return the page of the notebook in `content`.

    Raises NotebookPageError: notebook-too-large, notebook-invalid.
    """
    if len(content) > LARGEST_BYTES:
        raise NotebookPageError("notebook-too-large", path="The executed notebook", limit="30 MB")
    try:
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
    except (ValueError, KeyError, AttributeError, TypeError, nbformat.ValidationError) as error:
        raise NotebookPageError("notebook-invalid", path="The executed notebook", reason=type(error).__name__) from error
    exporter = HTMLExporter(template_name="basic", sanitize_html=True, exclude_input_prompt=True)
    body, _ = exporter.from_notebook_node(notebook)
    style = HtmlFormatter(style="default").get_style_defs(".highlight")
    return render_to_string("reproduce/notebook_content.html", {"body": body, "highlighting": style})
