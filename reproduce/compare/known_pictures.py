"""Pictures of which each two are compared once: what was compared while the notebook still ran is known at its end."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Hashable, Iterator
from concurrent.futures import Future

from reproduce.compare.alignment import CellPair
from reproduce.compare.at_once import pictures_to_measure
from reproduce.compare.images import compare_pictures
from reproduce.compare.model import OutputComparison, Tolerance
from reproduce.compare.notebook import is_judged
from reproduce.compare.outputs import pair_outputs, read_outputs

_SVG = "image/svg+xml"


class KnownPictures:
    """Compares pictures as `compare_pictures` does, and keeps each answer by what it follows from.

    Threads may share it: who asks for two that another thread is just comparing waits for its answer. It is for the
    pictures of one notebook, and goes with them.
    """

    def __init__(self) -> None:
        self._answers: dict[Hashable, Future[OutputComparison]] = {}
        self._lock = threading.Lock()

    def compare(self, mime: str, published: bytes, fresh: bytes, tolerance: Tolerance) -> OutputComparison:
        """Return what `compare_pictures` returns."""
        key = (mime, hashlib.sha256(published).digest(), hashlib.sha256(fresh).digest(), tolerance)
        with self._lock:
            answer = self._answers.get(key)
            is_new = answer is None
            if answer is None:
                answer = self._answers[key] = Future()
        if is_new:
            try:
                answer.set_result(compare_pictures(mime, published, fresh, tolerance))
            except BaseException as error:
                # Whoever waits must not wait for ever; who asks later may meet more memory, and asks anew.
                with self._lock:
                    del self._answers[key]
                answer.set_exception(error)
                raise
        return answer.result()


def pictures_to_compare(pair: CellPair) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the pictures of a cell that a comparison of it will come to, as (MIME type, published, fresh).

    Left out is what is compared in no time, being equal as stored; what takes much memory; and drawings of which
    pictures are looked at only where their lines differ.
    """
    if not is_judged(pair):
        return
    for output in pair_outputs(read_outputs(pair.published), read_outputs(pair.fresh)):
        sides = [side.data for side in (output.published, output.fresh) if side is not None]
        found = None if all(_SVG in data for data in sides) else pictures_to_measure(output)
        if found is not None:
            yield found
