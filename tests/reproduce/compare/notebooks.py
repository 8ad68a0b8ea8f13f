"""Small notebooks and pictures for the comparison's tests."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image, ImageDraw

from reproduce.compare import OutputComparison, Tolerance, compare_notebooks


def stdout(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", name=name, text=text)


def display(**data: object) -> NotebookNode:
    """Make a display output; keys are MIME types with "__" for "/"."""
    return new_output("display_data", data={key.replace("__", "/"): value for key, value in data.items()})


def text(value: str) -> NotebookNode:
    return new_output("execute_result", data={"text/plain": value}, execution_count=1)


def error(ename: str, evalue: str) -> NotebookNode:
    return new_output("error", ename=ename, evalue=evalue, traceback=[f"at line 1 of {id(ename)}"])


def cell(source: str, *outputs: NotebookNode, **options: object) -> NotebookNode:
    return new_code_cell(source, outputs=list(outputs), execution_count=options.pop("execution_count", 1), **options)


def notebook(*cells: NotebookNode) -> NotebookNode:
    return new_notebook(cells=list(cells))


def compare_outputs(
    published: list[NotebookNode], fresh: list[NotebookNode], tolerance: Tolerance | None = None, source: str = "x"
) -> tuple[OutputComparison, ...]:
    """Compare two notebooks of one cell and return its outputs."""
    one, other = notebook(cell(source, *published, id="a")), notebook(cell(source, *fresh, id="a"))
    return compare_notebooks(one, other, tolerance=tolerance or Tolerance()).cells[0].outputs


def compare_one(published: NotebookNode, fresh: NotebookNode, tolerance: Tolerance | None = None) -> OutputComparison:
    (result,) = compare_outputs([published], [fresh], tolerance)
    return result


def png(rgb: np.ndarray[Any, Any], kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, kind, **options)
    return stream.getvalue()


def figure(*, has_spike: bool = False, scale: float = 1.0, colour: str = "#1f77b4", is_mapped: bool = False) -> bytes:
    """Draw axes with a curve of markers, or a smooth coloured area, antialiased by drawing large and shrinking."""
    over = 4
    width, height = round(480 * scale), round(360 * scale)
    image = Image.new("RGB", (width * over, height * over), "white")
    pen = ImageDraw.Draw(image)
    unit = scale * over
    pen.rectangle((60 * unit, 30 * unit, 440 * unit, 310 * unit), outline="black", width=round(unit))
    if is_mapped:
        for step in range(100):
            red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
            share = step / 100
            fill = (round(red * share), round(green * share), round(blue * share))
            pen.rectangle(((100 + 3 * step) * unit, 80 * unit, (103 + 3 * step) * unit, 260 * unit), fill=fill)
    else:
        points = [(70 + 12 * i, 170 + 90 * np.sin(i / 4) - (60 if has_spike and i == 15 else 0)) for i in range(30)]
        pen.line([(x * unit, y * unit) for x, y in points], fill=colour, width=round(1.5 * unit))
        for x, y in points:
            pen.ellipse([(x - 3) * unit, (y - 3) * unit, (x + 3) * unit, (y + 3) * unit], fill=colour)
    for i in range(6):
        pen.text(((60 + 70 * i) * unit, 318 * unit), str(i), fill="black", font_size=10 * unit)
    small = image.resize((width, height), Image.Resampling.BOX)
    return png(np.asarray(small))


def image_output(
    encoded: bytes, mime: str = "image/png", plain: str | None = "<Figure size 640x480 with 1 Axes>"
) -> NotebookNode:
    data = {mime: base64.b64encode(encoded).decode()}
    if plain is not None:
        data["text/plain"] = plain
    return new_output("display_data", data=data)
