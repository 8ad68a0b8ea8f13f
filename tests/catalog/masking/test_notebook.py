"""Masked notebooks and pictures: valid, runnable, and without anybody in any part."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import nbformat
import pytest
from PIL import Image, PngImagePlugin

from catalog.masking import Mask, identities_of
from catalog.masking.notebook import UnreadableNotebookError, mask_notebook
from catalog.masking.pictures import PictureError, without_words
from catalog.masking.scan import Text, scan

MASK = Mask(identities_of([{"given": "Olga", "family": "Olsson"}], accounts=["oolsson"]))


def picture(kind: str) -> bytes:
    """Return a picture that names its author beside its pixels."""
    stream = io.BytesIO()
    image = Image.new("RGB", (8, 6), "red")
    if kind == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Author", "Olga Olsson")
        words.add_itxt("Comment", "Olga Olsson")
        image.save(stream, "PNG", pnginfo=words)
    elif kind == "JPEG":
        image.save(stream, "JPEG", comment=b"Olga Olsson", exif=b"Exif\x00\x00Olga Olsson")
    else:
        image.save(stream, "GIF")
    return stream.getvalue()


def notebook() -> dict[str, Any]:
    """Return a notebook that names its author wherever a notebook can."""
    encoded = base64.b64encode(picture("PNG")).decode()
    data = {
        "image/png": encoded,
        "text/html": ["<b>Ol", "ga</b> Olss&#111;n"],
        "application/vnd.plotly.v1+json": {"Olga": ["Olsson"]},
        "application/pdf": base64.b64encode(b"Olga").decode(),
        "image/svg+xml": "<svg><text>Olsson</text></svg>",
    }
    outputs = [
        {"output_type": "display_data", "metadata": {"Olga": 1}, "data": data},
        {"output_type": "stream", "name": "stdout", "text": ["/home/oolsson/x\n", "Olga"]},
        {"output_type": "error", "ename": "E", "evalue": "Olsson", "traceback": ["File /home/olga/a.py, Olsson"]},
        {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "'Olsson'"}},
    ]
    attached = {"olga.png": {"image/png": encoded}}
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# By Olga Olsson", "attachments": attached},
        {
            "cell_type": "code",
            "id": "olsson",
            "metadata": {"author": "Olga", "tags": ["olsson"]},
            "execution_count": 1,
            "source": ["olsson = 1\n", "olsson"],
            "outputs": outputs,
        },
        {"cell_type": "raw", "id": "c", "metadata": {}, "source": "Olsson"},
    ]
    kernel = {"name": "olsson-env", "display_name": "Olga's", "language": "python"}
    metadata = {"authors": [{"name": "Olga Olsson"}], "kernelspec": kernel, "language_info": {"name": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}


def test_a_masked_notebook_is_valid_and_names_nobody_in_any_part() -> None:
    masked = mask_notebook(json.dumps(notebook()).encode(), MASK)
    nbformat.validate(nbformat.reads(masked.content.decode(), as_version=4))
    assert masked.pictures == 3
    shown = masked.content.decode().lower()
    assert [word for word in ("olga", "olsson", "authors", "application/pdf") if word in shown] == []
    for cell in json.loads(masked.content)["cells"]:
        for bundle in (
            *cell.get("attachments", {}).values(),
            *(one.get("data", {}) for one in cell.get("outputs", ())),
        ):
            if "image/png" in bundle:
                raw = base64.b64decode(bundle["image/png"])
                assert b"Olga" not in raw
                assert Image.open(io.BytesIO(raw)).size == (8, 6)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"cells": 1}', b"\xff", b'{"cells": [{}], "nbformat": 4}'])
def test_what_is_no_notebook_is_not_shown(content: bytes) -> None:
    with pytest.raises(UnreadableNotebookError):
        mask_notebook(content, MASK)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_picture_keeps_its_pixels_and_loses_its_words(kind: str) -> None:
    before = picture(kind)
    after = without_words(before)
    assert b"Olga" not in after
    images = [Image.open(io.BytesIO(data)).convert("RGB").tobytes() for data in (before, after)]
    assert images[0] == images[1]


@pytest.mark.parametrize("data", [b"", b"BM", picture("PNG")[:40], picture("JPEG")[:40], b"GIF89a!\xfe\x04Olga\x00"])
def test_a_picture_that_cannot_be_cleaned_is_none(data: bytes) -> None:
    with pytest.raises(PictureError):
        without_words(data)


def test_a_scan_tells_what_is_masked_what_is_to_mend_and_what_stays() -> None:
    plain = "By Olga Olsson (University of X), grant no. AB-1234. See our previous paper. Thanks to Y."
    found = scan([Text("caption", plain, MASK.text(plain)), Text("log", "Olga", "Olga")], MASK)
    assert {(one.place, one.kind) for one in found.masked} == {("caption", "name"), ("log", "given name")}
    assert {one.kind for one in found.to_mend} == {"affiliation", "grant number", "own earlier work", "acknowledgement"}
    assert [(one.place, one.kind) for one in found.left] == [("log", "given name")]
