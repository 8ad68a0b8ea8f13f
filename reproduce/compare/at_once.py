"""Pairs of outputs compared in their order, and the pictures among them by several threads where that is asked for.

Decoding, filters and drawing leave Python's lock while they work. Threads need no start worth speaking of, end with the
process, and fork nothing in a server. A pair of large pictures needs much memory, so those are compared one by one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from reproduce.compare.bundles import RASTER, compare_pair
from reproduce.compare.model import OutputComparison
from reproduce.compare.outputs import IMAGES, Output, OutputPair
from reproduce.compare.raster import NotAPictureError, count_pixels, decode_base64
from reproduce.compare.text import TextSettings

# Half of the time goes without Python's lock, so more of them would only wait for it.
MOST_THREADS: Final = 4
# A figure of 300 dots an inch has 3 million pixels; two of 4 million take less than 100 MB while they are compared.
_LARGE_PIXELS: Final = 4_000_000


def compare_pairs(pairs: Sequence[OutputPair], settings: TextSettings) -> list[OutputComparison]:
    """Compare pairs of outputs: the same results in the same order, and the same error, as one after the other."""
    threads = threads_for(settings.at_once)
    ahead = [place for place, pair in enumerate(pairs) if _is_work(pair)] if threads > 1 else []
    if len(ahead) < 2:
        return [compare_pair(pair, settings) for pair in pairs]
    pool = ThreadPoolExecutor(min(threads, len(ahead)), thread_name_prefix="pictures")
    try:
        asked = {place: pool.submit(compare_pair, pairs[place], settings) for place in ahead}
        return [
            asked[place].result() if place in asked else compare_pair(pair, settings)
            for place, pair in enumerate(pairs)
        ]
    finally:
        # After an error none is begun any more.
        pool.shutdown(cancel_futures=True)


def threads_for(at_once: int) -> int:
    """Return how many threads compare pictures: as asked, for 0 one a processor that this process may use."""
    return min(MOST_THREADS, at_once or len(os.sched_getaffinity(0)))


def _is_work(pair: OutputPair) -> bool:
    """Tell whether a pair is of two pictures that are not equal as stored, both of a size that takes little memory."""
    one, other = (_picture_of(output) for output in (pair.published, pair.fresh))
    return one is not None and other is not None and one != other and _is_small(one) and _is_small(other)


def is_small(encoded: bytes) -> bool:
    """Tell whether a picture takes little memory while it is compared. Raises NotAPictureError."""
    return count_pixels(encoded) <= _LARGE_PIXELS


def _picture_of(output: Output | None) -> object:
    if output is None or output.kind != "bundle":
        return None
    return next((output.data[mime] for mime in IMAGES if mime in RASTER and mime in output.data), None)


def _is_small(value: object) -> bool:
    try:
        return is_small(decode_base64(value))
    except NotAPictureError:
        # Refused at once, wherever it is compared.
        return False
