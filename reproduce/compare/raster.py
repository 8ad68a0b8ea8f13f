"""Pictures decoded within hard limits and composed on white, as a reader sees them."""

from __future__ import annotations

import base64
import binascii
import io
import threading
import warnings
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.JpegImagePlugin import get_sampling

MAX_ENCODED_BYTES: Final = 64 * 2**20
MAX_PIXELS: Final = 40_000_000
_FORMATS: Final = ("PNG", "JPEG", "GIF")
_UNREADABLE: Final = (
    *(OSError, ValueError, SyntaxError, MemoryError, EOFError),
    *(Image.DecompressionBombError, Warning),
)
# Which warnings are errors is one for the whole process, and pictures are decoded by several threads.
_FILTERS: Final = threading.Lock()

Pixels = npt.NDArray[np.uint8]


class NotAPictureError(ValueError):
    """The bytes cannot, or for their size will not, be decoded; the text says why."""


@dataclass(frozen=True, slots=True)
class Losses:
    """The tables a JPEG was quantised with, and the subsampling of its colours in Pillow's numbering."""

    tables: tuple[tuple[int, ...], ...]
    subsampling: int


@dataclass(frozen=True, slots=True)
class Picture:
    """`rgb` has shape (height, width, 3); `encoded` are the bytes it was decoded from.

    `losses` say how a JPEG was quantised and its colours thinned out, and are None for all else.
    """

    rgb: Pixels
    encoded: bytes
    losses: Losses | None = None


def decode_base64(value: Any) -> bytes:  # noqa: ANN401 - whatever the notebook holds
    """Return the bytes of a base64 output. Raises NotAPictureError."""
    text = "".join(map(str, value)) if isinstance(value, list) else value
    if not isinstance(text, str) or len(text) > MAX_ENCODED_BYTES * 4 // 3:
        raise NotAPictureError("it is no base64 text of an accepted length")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAPictureError("its base64 encoding is broken") from error


def decode_picture(encoded: bytes) -> Picture:
    """Decode PNG, JPEG or GIF (its first frame). Raises NotAPictureError, also for a decompression bomb."""
    try:
        with _read(encoded) as image:
            if image.width * image.height > MAX_PIXELS:
                raise NotAPictureError(f"it has {image.width} × {image.height} pixels, more than are decoded")
            return Picture(_on_white(image), encoded, _losses_of(image))
    except NotAPictureError:
        raise
    except _UNREADABLE as error:
        raise NotAPictureError(f"it cannot be decoded ({type(error).__name__})") from error


def count_pixels(encoded: bytes) -> int:
    """Return how many pixels a picture says it has; nothing is decoded. Raises NotAPictureError."""
    try:
        with _read(encoded) as image:
            return image.width * image.height
    except _UNREADABLE as error:
        raise NotAPictureError(f"it cannot be decoded ({type(error).__name__})") from error


def _read(encoded: bytes) -> Image.Image:
    """Read what a picture says of itself; more than Pillow takes for harmless is an error."""
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(encoded), formats=_FORMATS)


def lose_alike(one: Picture, other: Picture) -> tuple[Pixels, Pixels]:
    """Return the pixels of both; where only one is a JPEG, the other as that JPEG's encoder would have left it.

    JPEG moves the colours of thin lines by half their contrast; so it does in a lossless copy that is encoded alike.
    """
    if one.losses is not None and other.losses is None:
        return one.rgb, _lossy(other.rgb, one.losses)
    if other.losses is not None and one.losses is None:
        return _lossy(one.rgb, other.losses), other.rgb
    return one.rgb, other.rgb


def grey_of(rgb: Pixels) -> npt.NDArray[np.int16]:
    """Return how bright each pixel is, from 0 to 255, in a type that differences fit into."""
    return np.asarray(Image.fromarray(rgb).convert("L")).astype(np.int16)


def _losses_of(image: Image.Image) -> Losses | None:
    tables = getattr(image, "quantization", None)
    if image.format != "JPEG" or not isinstance(tables, dict) or not tables:
        return None
    kept = tuple(tuple(int(step) for step in tables[place]) for place in sorted(tables))
    return Losses(kept[:2], get_sampling(image))


def _lossy(rgb: Pixels, losses: Losses) -> Pixels:
    stream = io.BytesIO()
    tables = [list(table) for table in losses.tables]
    options = {"subsampling": losses.subsampling} if losses.subsampling >= 0 else {}
    try:
        Image.fromarray(rgb).save(stream, "JPEG", qtables=tables, **options)
        with Image.open(stream, formats=("JPEG",)) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError):
        return rgb


def _on_white(image: Image.Image) -> Pixels:
    if image.mode in ("I", "I;16", "F"):
        values = np.asarray(image, dtype=np.float64)
        grey = np.clip(values / 257.0, 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.mode in ("RGB", "L", "1", "CMYK", "YCbCr") and "transparency" not in image.info:
        return np.asarray(image.convert("RGB"))
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    colours = np.asarray(rgba)
    if cv2.minMaxLoc(cv2.extractChannel(colours, 3))[0] == 255:
        # As nearly every figure: there is nothing that a page behind it would show through.
        return np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGBA2RGB), dtype=np.uint8)
    page = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    page.alpha_composite(rgba)
    return np.asarray(page.convert("RGB"))
