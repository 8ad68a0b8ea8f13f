"""Keep a build from filling the disk on which a container engine keeps its layers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from builder.engines.progress import BuildCancelledError, Progress
from builder.errors import BuildError


@dataclass(frozen=True, slots=True)
class Room:
    """The disk of `storage`, None when it is not seen from here. A build ends when less than `least_bytes` are free."""

    storage: Path | None
    least_bytes: int = 2**30

    def is_short(self) -> bool:
        """Tell whether so little is free that the build must end."""
        try:
            return self.storage is not None and shutil.disk_usage(self.storage).free < self.least_bytes
        except OSError:
            return False

    @contextmanager
    def watched(self, progress: Progress) -> Iterator[Progress]:
        """Give a progress that also hears of the disk. Raises BuildError disk-full when that has ended the build."""
        short: list[bool] = []

        def is_unwanted() -> bool:
            if progress.is_cancelled():
                return True
            if self.is_short():
                short.append(True)
            return bool(short)

        try:
            yield replace(progress, is_cancelled=is_unwanted)
        except BuildCancelledError as error:
            if not short:
                raise
            raise BuildError("disk-full", path=self.storage) from error
