"""A picture of where two figures differ: the fresh figure in grey, the differences in one strong colour."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from reproduce.compare.filters import widened
from reproduce.compare.perceptual import Differences
from reproduce.compare.raster import Pixels

# At least 4.5:1 on white and on the lightest grey used, and told from grey by every kind of colour vision.
MARK: Final = (178, 0, 72)
_PALEST: Final = 0.35
# In the palette of a map every number is its grey but this one, which no pale grey is.
_MARKED: Final = 0
_MARGIN_PX: Final = 4
_MAX_BOXES: Final = 20


def draw_difference_map(fresh: Pixels, differences: Differences) -> bytes:
    """Return a PNG on the common grid. The same input gives the same bytes."""
    page = _greyed(fresh)
    page[widened(differences.marked)] = _MARKED
    image = _as_image(page)
    pen = ImageDraw.Draw(image)
    for region in [region for region in differences.regions if region.excess > 1.0][:_MAX_BOXES]:
        box = (
            max(0, region.left - _MARGIN_PX),
            max(0, region.top - _MARGIN_PX),
            min(image.width - 1, region.right + _MARGIN_PX),
            min(image.height - 1, region.bottom + _MARGIN_PX),
        )
        pen.rectangle(box, outline=_MARKED, width=2)
    return _encoded(image)


def draw_plain_map(fresh: Pixels) -> bytes:
    """Return the map for figures that cannot be laid onto each other: the fresh one in grey within a strong frame."""
    image = _as_image(_greyed(fresh))
    ImageDraw.Draw(image).rectangle((0, 0, image.width - 1, image.height - 1), outline=_MARKED, width=3)
    return _encoded(image)


def _greyed(rgb: Pixels) -> npt.NDArray[np.uint8]:
    """Return the picture in pale greys, of which none is as dark as the number of the mark."""
    pale = [round(255 - (255 - level) * _PALEST) for level in range(256)]
    return np.array(Image.fromarray(rgb).convert("L").point(pale))


def _as_image(page: npt.NDArray[np.uint8]) -> Image.Image:
    """Return the greys as a picture with a palette: a byte a pixel, which is smaller and sooner written than three."""
    image = Image.fromarray(page)
    image.putpalette([*MARK, *(level for grey in range(1, 256) for level in (grey, grey, grey))])
    return image


def _encoded(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=6)
    return stream.getvalue()
