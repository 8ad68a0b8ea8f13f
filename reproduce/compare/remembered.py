"""Answers that are kept as the same is asked again: figures of one notebook have many words and numbers in common."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """The latest answers by what they follow from, at most so many. Threads may share it.

    Only what follows from its key alone may be kept, so that nothing depends on what was compared before.
    """

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._answers: OrderedDict[Hashable, T] = OrderedDict()
        self._lock: Final = threading.Lock()

    def answer(self, key: Hashable, ask: Callable[[], T]) -> T:
        """Return the answer for a key, and ask for it where it is not known."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        # Two threads may ask at once, and get the same.
        answer = ask()
        with self._lock:
            self._answers[key] = answer
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer

    def forget(self) -> None:
        """Forget all answers."""
        with self._lock:
            self._answers.clear()
