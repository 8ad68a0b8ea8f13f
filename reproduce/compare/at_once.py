"""Pairs of outputs compared in their order, and the pictures among them by several threads where that is asked for.

Decoding, filters and drawing leave Python's lock while they work. Threads need no start worth speaking of, end with the
process, and fork nothing in a server. A pair of large pictures needs much memory, so those are compared one by one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from reproduce.compare.bundles import compare_pair, pictures_of
from reproduce.compare.model import OutputComparison
from reproduce.compare.outputs import OutputPair
from reproduce.compare.raster import NotAPictureError, count_pixels
from reproduce.compare.text import TextSettings

# Half of the time goes without Python's lock, so more of them would only wait for it.
MOST_THREADS: Final = 4
# A figure of 300 dots an inch has 3 million pixels; two of 4 million take less than 100 MB while they are compared.
_LARGE_PIXELS: Final = 4_000_000


def compare_pairs(pairs: Sequence[OutputPair], settings: TextSettings) -> list[OutputComparison]:
    """Compare pairs of outputs: the same results in the same order, and the same error, as one after the other."""
    threads = threads_for(settings.at_once)
    ahead = [place for place, pair in enumerate(pairs) if pictures_to_measure(pair)] if threads > 1 else []
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


def pictures_to_measure(pair: OutputPair) -> tuple[str, bytes, bytes] | None:
    """Return type, published and fresh picture of a pair that takes time and little memory, None of any other.

    What is equal as stored takes no time, and what is no picture is refused at once.
    """
    if pair.published is None or pair.fresh is None or pair.published.kind != "bundle":
        return None
    try:
        found = pictures_of(pair.published.data, pair.fresh.data)
        is_meant = found is not None and found[1] != found[2] and max(map(count_pixels, found[1:])) <= _LARGE_PIXELS
    except NotAPictureError:
        return None
    return found if is_meant else None
