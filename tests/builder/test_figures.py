"""The published figure of a target, from the notebook in the snapshot."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from django.test import Client

from builder.figures import stored_figure
from builder.models import Snapshot
from catalog.models import Target
from tests.evidence import notebook, picture


@pytest.fixture
def snapshot(target: Target, tmp_path: Path) -> Path:
    """The files of the target's newest snapshot."""
    Snapshot.objects.update(path=str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_the_first_picture_of_the_notebook_is_given(target: Target, snapshot: Path, anonymous: Client) -> None:
    red = picture("red")
    (snapshot / target.notebook).write_bytes(notebook({"text/plain": "1"}, {"image/png": encoded(red)}))
    response = anonymous.get(f"/figures/{target.pk}")
    assert response.content == red
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Security-Policy"].endswith("sandbox")


def test_a_browser_that_has_it_is_not_sent_it_again(target: Target, snapshot: Path, anonymous: Client) -> None:
    (snapshot / target.notebook).write_bytes(notebook({"image/png": encoded(picture("red"))}))
    etag = anonymous.get(f"/figures/{target.pk}").headers["ETag"]
    assert anonymous.get(f"/figures/{target.pk}", headers={"if-none-match": etag}).status_code == 304


@pytest.mark.parametrize("content", [b"", b"no notebook", b'{"nbformat": 9, "cells": []}'])
def test_a_notebook_without_a_picture_or_none_at_all_has_an_empty_graph(
    content: bytes, target: Target, snapshot: Path, anonymous: Client
) -> None:
    (snapshot / target.notebook).write_bytes(content)
    assert anonymous.get(f"/figures/{target.pk}").headers["Location"].endswith("no-figure.svg")


def test_a_path_out_of_the_snapshot_is_not_followed(target: Target, snapshot: Path, anonymous: Client) -> None:
    outside = snapshot.parent / "outside.ipynb"
    outside.write_bytes(notebook({"image/png": encoded(picture("red"))}))
    Target.objects.filter(pk=target.pk).update(notebook="../outside.ipynb")
    assert anonymous.get(f"/figures/{target.pk}").status_code == 302
    (snapshot / "link.ipynb").symlink_to(outside)
    Target.objects.filter(pk=target.pk).update(notebook="link.ipynb")
    assert anonymous.get(f"/figures/{target.pk}").status_code == 302


def cell(cell_id: str, **data: str) -> dict[str, object]:
    bundle = {name.replace("_", "/").replace("svg", "svg+xml"): value for name, value in data.items()}
    return {"cell_type": "code", "id": cell_id, "outputs": [{"output_type": "display_data", "data": bundle}]}


def test_only_the_cells_of_the_target_are_looked_at() -> None:
    cells = [cell("a", image_png=encoded(b"one")), cell("b", image_png=encoded(b"two"))]
    found = stored_figure(cells, ["b"])
    assert found is not None
    assert found.data == b"two"


def test_a_drawing_is_preferred_to_its_pixels() -> None:
    found = stored_figure([cell("a", image_png=encoded(b"one"), image_svg="<svg/>")], [])
    assert found is not None
    assert found.media_type == "image/svg+xml"


def test_what_is_no_base64_is_no_picture() -> None:
    assert stored_figure([cell("a", image_png="no base64!")], []) is None
