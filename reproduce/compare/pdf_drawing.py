"""Draw the pages of two PDFs by PDFium in a process of its own: they may be made to harm.

`python -m reproduce.compare.pdf_drawing BYTES` reads the published PDF, which has so many bytes, and behind it the
fresh one from its standard input, and prints one JSON object: how many `pages` each has, and as PNG on both sides each
page that is `unlike`, that is not drawn alike to the pixel; or {"refused": why nothing was drawn, "side": of which}.
This PDFium is built without JavaScript and XFA; nothing of a file is run or followed.
"""

from __future__ import annotations

import base64
import io
import json
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from reproduce.compare.apart import bound_process
from reproduce.compare.pdf_figures import TIMEOUT_S
from reproduce.compare.raster import MAX_PIXELS, Pixels

MEMORY_BYTES: Final = 2 << 30
MOST_PAGES: Final = 50
# Of all pages of a file together.
MOST_PIXELS: Final = 30_000_000
# The longest edge that the format's own standard speaks of, in points (ISO 32000-1, annex C).
LONGEST_EDGE: Final = 14_400
# In square points. Pictures are compared at less than a million pixels, in which nobody would read a larger page.
LARGEST_UNLIKE: Final = 2_800_000
# Forms within forms, as far as they are searched for pictures.
MOST_NESTED: Final = 5
# In pixels per point: 144 dots per inch where the pages allow it, and never fewer than 72.
FINEST: Final = 2.0
COARSEST: Final = 1.0


class NotDrawnError(Exception):
    """A PDF is not drawn; the text says why, and `side` which of the two it is."""

    def __init__(self, reason: str, side: str) -> None:
        super().__init__(reason)
        self.side = side


def draw_unlike_pages(published: bytes, fresh: bytes) -> dict[str, Any]:
    """Return the numbers of pages, and as PNG those that are not equal. Raises NotDrawnError."""
    one, other = _opened(published, "published"), _opened(fresh, "fresh")
    if len(one) != len(other):
        return {"pages": [len(one), len(other)], "unlike": []}
    scale = min(_scale(one, "published"), _scale(other, "fresh"))
    unlike = []
    has_ink = {"published": False, "fresh": False}
    for number in range(len(one)):
        pair = {"published": _draw(one, number, scale, "published"), "fresh": _draw(other, number, scale, "fresh")}
        for side, drawn in pair.items():
            has_ink[side] = has_ink[side] or bool(np.any(drawn != drawn[0, 0]))
        if not np.array_equal(pair["published"], pair["fresh"]):
            for side, drawn in pair.items():
                if drawn.shape[0] * drawn.shape[1] > LARGEST_UNLIKE * scale**2:
                    raise NotDrawnError(f"page {number + 1} is another, and too large to be compared closely", side)
            unlike.append({"page": number + 1, **{side: _as_png(drawn) for side, drawn in pair.items()}})
    for side, is_drawn in has_ink.items():
        # PDFium leaves out what it cannot read; two such files would be alike.
        if not is_drawn:
            raise NotDrawnError("nothing of it is drawn", side)
    return {"pages": [len(one), len(other)], "unlike": unlike}


def _opened(data: bytes, side: str) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        is_locked = error.err_code == pdfium_c.FPDF_ERR_PASSWORD
        raise NotDrawnError("it asks for a password" if is_locked else "it cannot be read", side) from error
    if len(document) > MOST_PAGES:
        raise NotDrawnError(f"it has {len(document)} pages; {MOST_PAGES} at most are drawn", side)
    return document


def _scale(document: pdfium.PdfDocument, side: str) -> float:
    """Return how many pixels a point takes, so that all pages together stay below the limit."""
    sizes = list(_sizes(document, side))
    scale = min(FINEST, math.sqrt(MOST_PIXELS / sum(width * height for width, height in sizes)))
    if scale < COARSEST:
        raise NotDrawnError("its pages are together larger than is drawn", side)
    return scale


def _sizes(document: pdfium.PdfDocument, side: str) -> Iterator[tuple[float, float]]:
    for number in range(len(document)):
        try:
            width, height = document.get_page_size(number)
        except pdfium.PdfiumError as error:
            raise NotDrawnError(f"page {number + 1} cannot be read", side) from error
        if not (0 < width <= LONGEST_EDGE and 0 < height <= LONGEST_EDGE):
            raise NotDrawnError(f"page {number + 1} has {width:.6g} × {height:.6g} points, which is no page", side)
        yield width, height


def _draw(document: pdfium.PdfDocument, number: int, scale: float, side: str) -> Pixels:
    try:
        page = document[number]
        _check_pictures(page, number, side)
        bitmap = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True)
    except (pdfium.PdfiumError, MemoryError) as error:
        raise NotDrawnError(f"page {number + 1} cannot be drawn", side) from error
    drawn = np.array(bitmap.to_numpy()[:, :, :3])
    bitmap.close()
    page.close()
    return drawn


def _check_pictures(page: pdfium.PdfPage, number: int, side: str) -> None:
    """Raise NotDrawnError for a picture that is too large to be decoded, which would be left out without a word."""
    for picture in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=MOST_NESTED):
        width, height = picture.get_px_size()
        if width * height > MAX_PIXELS:
            raise NotDrawnError(f"page {number + 1} has a picture of {width} × {height} pixels", side)


def _as_png(pixels: Pixels) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return base64.b64encode(stream.getvalue()).decode()


def main(arguments: list[str], given: bytes, write: Callable[[str], object]) -> int:
    """Draw, print and return the exit code."""
    size = int(arguments[0])
    try:
        answer = draw_unlike_pages(given[:size], given[size:])
    except NotDrawnError as error:
        answer = {"refused": str(error), "side": error.side}
    write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    bound_process(MEMORY_BYTES, TIMEOUT_S)
    sys.exit(main(sys.argv[1:], sys.stdin.buffer.read(), sys.stdout.write))
