"""Two pictures: pixel-equal, the same figure, or another one."""

from __future__ import annotations

import numpy as np

from reproduce.compare.model import OutputComparison, Tolerance
from reproduce.compare.raster import NotAPictureError, decode_picture


def compare_pictures(mime: str, published: bytes, fresh: bytes, tolerance: Tolerance) -> OutputComparison:
    """Compare two encoded pictures."""
    try:
        one, other = decode_picture(published), decode_picture(fresh)
    except NotAPictureError as error:
        return OutputComparison(mime, "not_compared", reason=f"A picture was not compared: {error}.")
    if np.array_equal(one.rgb, other.rgb):
        return OutputComparison(mime, "identical", published=published, fresh=fresh)
    return OutputComparison(mime, "differs", reason="The pixels differ.", published=published, fresh=fresh)
