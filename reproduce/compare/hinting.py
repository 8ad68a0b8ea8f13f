"""A letter drawn wider or narrower, taller or lower by a pixel: hinting rounds widths, and the heights of parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

Ink = npt.NDArray[np.float32]
Pages = npt.NDArray[np.float32] | npt.NDArray[np.float64]

_CHANGES: Final = (-2, 0, 2)


def hinted_ways(own: Ink, counted: Ink, share: float) -> Iterator[tuple[Ink, Ink]]:
    """Yield a letter and what is counted of its page, both drawn alike, by two pixels larger or smaller either way.

    The middle of its strokes stays, of what has more than a share of their strength.
    """
    strong = np.abs(own) > share * float(np.abs(own).max(initial=0.0))
    if not strong.any():
        return
    spans = [np.flatnonzero(strong.any(axis=1 - axis))[[0, -1]] for axis in (0, 1)]
    both = np.stack([own, counted])
    wider = np.concatenate([_stretched(both, 2, spans[1], wide).astype(np.float64) for wide in _CHANGES])
    for tall in _CHANGES:
        drawn = _stretched(wider, 1, spans[0], tall).astype(np.float32)
        yield from ((drawn[2 * place], drawn[2 * place + 1]) for place, wide in enumerate(_CHANGES) if tall or wide)


def _stretched(pages: Pages, axis: int, span: npt.NDArray[np.intp], change: int) -> Pages:
    """Draw pages longer along an axis, with bilinear weights; beyond their edge there is nothing.

    To the last bit what Pillow's affine transformation draws, which takes several times as long for pages so small.
    """
    if not change:
        return pages
    size = float(span[1] - span[0] + 1)
    scale = size / max(size + change, size / 2)
    count = pages.shape[axis]
    places = scale * (np.arange(count) + 0.5) + (1 - scale) * (float(span[0]) + size / 2)
    is_beyond = (places < 0) | (places >= count)
    low = np.floor(places - 0.5)
    weights = (places - 0.5 - low).reshape((-1, 1) if axis == 1 else (1, -1))
    before, after = (pages.take(np.clip(low + step, 0, count - 1).astype(np.intp), axis=axis) for step in (0, 1))
    drawn = before + (after - before) * weights
    drawn[(slice(None),) * axis + (is_beyond,)] = 0.0
    return np.asarray(drawn)
