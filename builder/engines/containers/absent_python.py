"""Resolve for a Python that this machine does not have but an image brings: from the index's wheels alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from builder.engines.interpreters import OLDEST_FOR_UV, Interpreter
from builder.engines.kept_locks import KeptLocks
from builder.engines.progress import Progress
from builder.engines.protocol import Lock
from builder.engines.resolving import Resolver
from builder.engines.uv_process import Uv, UvAnswer
from builder.recipe.model import Recipe

RESOLVER_VERSION: Final = "absent-python/1"
_REMARK: Final = "Python {python} is not on this machine: its packages were resolved from wheels alone."


@dataclass(frozen=True, slots=True)
class _UvForAnother(Uv):
    """uv that resolves for the Python `version` while it runs beside one of this machine."""

    version: str = ""

    def run(self, arguments: Sequence[str], **rest: Any) -> UvAnswer:  # noqa: ANN401 - Uv's own keywords
        """Run `uv ARGUMENTS`, for the other Python where it resolves."""
        target = ["--python-version", self.version] if tuple(arguments[:2]) == ("pip", "compile") else []
        # Not super(): a dataclass with slots is another class than the one that is defined here.
        return Uv.run(self, [*arguments, *target], **rest)


def is_absent(wished: str, interpreters: Sequence[Interpreter]) -> bool:
    """Tell whether the Python ("3.7" or "3.7.3") is missing here and uv can resolve for it nevertheless."""
    minor = _minor(wished)
    return bool(interpreters) and minor >= OLDEST_FOR_UV and all(each.minor != minor for each in interpreters)


def resolve_for_absent(
    recipe: Recipe,
    interpreters: Sequence[Interpreter],
    *,
    uv: Uv,
    root: Path,
    timeout_s: float,
    now: datetime,
    progress: Progress,
) -> Lock:
    """Return the lock for the recipe's own Python, kept below `root`. Raises BuildError."""
    wished = ".".join(map(str, _minor(recipe.python)))
    beside = next(each for each in interpreters if not each.is_older_than_uv)
    kept = KeptLocks(root / "locks", now=now)
    address = kept.address(recipe, (uv.index_url or "", RESOLVER_VERSION), [wished])
    known = kept.find(address)
    if known is not None:
        return known
    other = _UvForAnother(uv.program, uv.index_url, uv.is_sandboxed, uv.limits, uv.build_hosts, wished)
    resolver = Resolver(
        uv=other,
        scratch=root / "scratch",
        shared_cache=root / "cache",
        are_builds_allowed=False,
        timeout_s=timeout_s,
    )
    stand_in = replace(beside, version=wished)
    lock = resolver.resolve(recipe, [stand_in], now=now, progress=progress)
    remark = _REMARK.format(python=wished)
    lock = replace(lock, approximations=tuple(dict.fromkeys((*lock.approximations, remark))))
    kept.keep(address, lock)
    return lock


def _minor(python: str) -> tuple[int, int]:
    major, minor, *_ = (int(number) for number in python.split("."))
    return major, minor
