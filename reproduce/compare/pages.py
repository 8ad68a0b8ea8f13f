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
# How far a measured scale may carry the end of the page from where an exact one has it.
_EXACT_PX: Final = 0.8


def page_mapping(
    coarse: tuple[int, ...], fine: tuple[int, ...], pairs: Sequence[tuple[Frame, Frame]]
) -> Mapping | None:
    """Return how a whole page lies in a finer one, None where the axes do not stand where this would have them."""
    if not pairs:
        return None
    ours = np.array([edge for a, _ in pairs for edge in (a.left, a.right, coarse[0] - a.top, coarse[0] - a.bottom)])
    theirs = np.array([edge for _, b in pairs for edge in (b.left, b.right, fine[0] - b.top, fine[0] - b.bottom)])
    whole = _scaled_page(coarse, fine, float((ours * theirs).sum() / (ours * ours).sum()))
    if whole is None or np.abs(theirs - whole.scale_x * ours).max() > _SNAPPED_PX * whole.scale_x:
        return None
    return whole


def _scaled_page(coarse: tuple[int, ...], fine: tuple[int, ...], scale: float) -> Mapping | None:
    """Return how a page lies in one drawn about so much finer, None where their sizes are not those of one page.

    Figures are laid out from the lower left corner, at one scale for both sides.
    """
    low = max(fine[side] / (coarse[side] + _CUT_PX) for side in (0, 1))
    high = min((fine[side] + _CUT_PX) / coarse[side] for side in (0, 1))
    if low > high:
        return None
    kept = min(high, max(low, scale))
    # Where no pixel was cut the sizes say it exactly.
    whole = fine[0] / coarse[0]
    if coarse[0] * fine[1] == coarse[1] * fine[0] and abs(kept - whole) * max(coarse[:2]) < _EXACT_PX:
        kept = whole
    return Mapping(kept, kept, 0.0, fine[0] - kept * coarse[0])
