"""A picture of where two figures differ: the fresh figure in grey, the differences in one strong colour."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from reproduce.compare.perceptual import Differences
from reproduce.compare.raster import Pixels

# At least 4.5:1 on white and on the lightest grey used, and told from grey by every kind of colour vision.
MARK: Final = (178, 0, 72)
_PALEST: Final = 0.35
_MARGIN_PX: Final = 4
_MAX_BOXES: Final = 20


def draw_difference_map(fresh: Pixels, differences: Differences) -> bytes:
    """Return a PNG on the common grid. The same input gives the same bytes."""
    page = _greyed(fresh)
    page[ndimage.binary_dilation(differences.marked, np.ones((3, 3), dtype=np.bool_))] = MARK
    image = Image.fromarray(page)
    pen = ImageDraw.Draw(image)
    for region in [region for region in differences.regions if region.excess > 1.0][:_MAX_BOXES]:
        box = (
            max(0, region.left - _MARGIN_PX),
            max(0, region.top - _MARGIN_PX),
            min(image.width - 1, region.right + _MARGIN_PX),
            min(image.height - 1, region.bottom + _MARGIN_PX),
        )
        pen.rectangle(box, outline=MARK, width=2)
    return _encoded(image)


def draw_plain_map(fresh: Pixels) -> bytes:
    """Return the map for figures that cannot be laid onto each other: the fresh one in grey within a strong frame."""
    image = Image.fromarray(_greyed(fresh))
    ImageDraw.Draw(image).rectangle((0, 0, image.width - 1, image.height - 1), outline=MARK, width=3)
    return _encoded(image)


def _greyed(rgb: Pixels) -> npt.NDArray[np.uint8]:
    grey = rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    pale = np.round(255.0 - (255.0 - grey) * _PALEST).astype(np.uint8)
    return np.repeat(pale[:, :, None], 3, axis=2)


def _encoded(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=6)
    return stream.getvalue()
