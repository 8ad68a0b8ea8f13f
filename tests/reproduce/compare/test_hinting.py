from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from reproduce.compare.hinting import hinted_ways

Page = npt.NDArray[np.float32]
SHARE = 0.2


def drawn_by_pillow(own: Page, page: Page, tall: int, wide: int) -> Page:
    strong = np.abs(own) > SHARE * float(np.abs(own).max())
    laid: list[float] = []
    for axis, change in ((1, wide), (0, tall)):
        places = np.flatnonzero(strong.any(axis=1 - axis))
        size = float(places[-1] - places[0] + 1)
        scale = size / max(size + change, size / 2)
        laid += [scale, (1 - scale) * float(places[0] + size / 2)]
    by = (laid[0], 0, laid[1], 0, laid[2], laid[3])
    image = Image.fromarray(page)
    return np.asarray(image.transform(image.size, Image.Transform.AFFINE, by, Image.Resampling.BILINEAR))


@pytest.mark.parametrize("shape", [(3, 3), (24, 18), (11, 40)], ids=lambda shape: f"{shape[0]} by {shape[1]}")
def test_a_letter_is_drawn_larger_and_smaller_as_pillow_draws_it(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(shape[0])
    own = np.where(random.random(shape) < 0.6, random.normal(size=shape), 0.0).astype(np.float32)
    counted = (random.random(shape) < 0.8).astype(np.float32)
    changes = [(tall, wide) for tall in (-2, 0, 2) for wide in (-2, 0, 2) if tall or wide]
    found = list(hinted_ways(own, counted, SHARE))
    assert len(found) == len(changes)
    for drawn, (tall, wide) in zip(found, changes, strict=True):
        for page, model in zip(drawn, (own, counted), strict=True):
            # To the last bit where no processor fuses a product with a sum.
            np.testing.assert_allclose(page, drawn_by_pillow(own, model, tall, wide), rtol=0, atol=1e-6)


def test_a_page_without_strokes_is_drawn_no_other_way() -> None:
    empty = np.zeros((5, 5), dtype=np.float32)
    assert list(hinted_ways(empty, np.ones_like(empty), SHARE)) == []
