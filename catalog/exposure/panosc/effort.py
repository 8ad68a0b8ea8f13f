"""What answering one question may take: related objects lead on to others, so a short question can ask for much."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from catalog.exposure.panosc.filters import FilterError

LONGEST_S: Final = 3.0
MOST_INCLUDED: Final = 100_000


@dataclass(slots=True)
class Effort:
    """Counts what is included and looks at the clock. `now` gives seconds that only ever grow."""

    now: Callable[[], float] = time.monotonic
    until: float = 0.0
    included: int = 0

    def __post_init__(self) -> None:
        self.until = self.until or self.now() + LONGEST_S

    def afresh(self) -> Effort:
        """Return one that ends at the same time and has included nothing yet: what it includes is not kept."""
        return Effort(self.now, self.until)

    def look(self) -> None:
        """Look at one more object. Raises FilterError when it takes too long."""
        if self.now() > self.until:
            raise FilterError(f"the filter takes longer than {LONGEST_S:.0f} s; ask for less at once")

    def hold(self) -> None:
        """Include one more object. Raises FilterError when it is one too many."""
        self.included += 1
        if self.included > MOST_INCLUDED:
            raise FilterError(f"the answer would include more than {MOST_INCLUDED} objects; include less at once")
