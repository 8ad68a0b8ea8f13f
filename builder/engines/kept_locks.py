"""Keep locks by the recipe they answer: as of a past date the answer does not change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from builder.engines.lockfile import make_lock
from builder.engines.protocol import Lock
from builder.engines.whole_files import write_whole
from builder.recipe.model import Recipe

# Uploads of the last hours may still come into view of an index or its mirror.
_SETTLED: Final = timedelta(hours=24)
# As of today: two people who ask within this time are given the same answer.
_TODAY_KEPT: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class KeptLocks:
    """Locks in `folder`, as seen at the moment `now`."""

    folder: Path
    now: datetime

    def address(self, recipe: Recipe, settings: Sequence[str], interpreters: Sequence[str]) -> str:
        """Return the digest of all that decides the answer."""
        parts = {
            "requirements": [[each.text, bool(each.approximation)] for each in recipe.requirements],
            "remarks": [*recipe.approximations, *recipe.unmet()],
            "constraints": [each.text for each in recipe.constraints],
            "undeclared": [[each.text, each.approximation] for each in recipe.undeclared],
            "python": [recipe.python, recipe.python_reason],
            "as_of": recipe.as_of.isoformat(),
            "is_inferred": recipe.is_inferred,
            "settings": list(settings),
            "interpreters": list(interpreters),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def find(self, address: str) -> Lock | None:
        """Return the kept lock, unless it was made of a date so recent that the index may know more by now."""
        try:
            kept = json.loads((self.folder / f"{address}.json").read_text(encoding="utf-8"))
            lock = make_lock(
                kept["text"],
                python_version=kept["python_version"],
                as_of=datetime.fromisoformat(kept["as_of"]),
                approximations=tuple(kept["approximations"]),
            )
            made_at = datetime.fromisoformat(kept["made_at"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        is_settled = lock.as_of + _SETTLED <= made_at or self.now - made_at <= _TODAY_KEPT
        return lock if is_settled and lock.sha256 == kept.get("sha256") else None

    def keep(self, address: str, lock: Lock) -> None:
        """Keep the lock; what is visible is always whole."""
        facts = {
            "text": lock.text,
            "sha256": lock.sha256,
            "python_version": lock.python_version,
            "as_of": lock.as_of.isoformat(),
            "approximations": list(lock.approximations),
            "made_at": self.now.isoformat(),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / f"{address}.json", json.dumps(facts))
