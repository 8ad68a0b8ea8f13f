"""Two pages of one figure drawn at two resolutions: what their sizes tell of where everything lies.

Renderers move the lines of axes onto whole pixels, each resolution onto others, so axes laid upon each other leave what
is drawn in them up to half a pixel aside. Where nothing was cut off the page, it tells the place more exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from reproduce.compare.frames import Frame
from reproduce.compare.grid import Mapping

# How far the edges of axes may lie from where the page has them, in pixels of the coarser picture.
_SNAPPED_PX: Final = 1.25
# A page holds as many whole pixels as fit its size in inches.
_CUT_PX: Final = 1.0


def page_mapping(
    coarse: tuple[int, ...], fine: tuple[int, ...], pairs: Sequence[tuple[Frame, Frame]]
) -> Mapping | None:
    """Return how a whole page lies in a finer one, None where the axes do not stand where this would have them.

    Both are measured from the lower left corner, as figures are laid out from there; the scale is one for both sides.
    """
    low = max(fine[side] / (coarse[side] + _CUT_PX) for side in (0, 1))
    high = min((fine[side] + _CUT_PX) / coarse[side] for side in (0, 1))
    if low > high or not pairs:
        return None
    ours = np.array([edge for a, _ in pairs for edge in (a.left, a.right, coarse[0] - a.top, coarse[0] - a.bottom)])
    theirs = np.array([edge for _, b in pairs for edge in (b.left, b.right, fine[0] - b.top, fine[0] - b.bottom)])
    scale = min(high, max(low, float((ours * theirs).sum() / (ours * ours).sum())))
    if np.abs(theirs - scale * ours).max() > _SNAPPED_PX * scale:
        return None
    return Mapping(scale, scale, 0.0, fine[0] - scale * coarse[0])
