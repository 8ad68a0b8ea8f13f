"""What uv's cache has: pages of the index for a private cache of a resolution, and which wheels need not be fetched."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

# uv's cache: pages of projects in simple-v*/…/NAME.rkyv, metadata of wheels in wheels-v*/…/NAME/VERSION.msgpack. Where
# another uv keeps them elsewhere, nothing is found and everything is asked for again.
_PAGES: Final = re.compile(r"simple-v\d+")
_METADATA: Final = re.compile(r"wheels-v\d+")
_ASKED: Final = re.compile(r"interpreter-v\d+")
# An index lets its pages be believed for ten minutes; older ones would be asked for again in any case.
_FRESH_S: Final = 600
# A page that was fetched so long after a date has all that was there on that date. A newer page could only tell of what
# was withdrawn since.
_COMPLETE_S: Final = 600
_BELIEVED_S: Final = 24 * 3600
_COUNT_LIMIT: Final = 1000
_SIZE_LIMIT: Final = 512 * 2**20


def forget_pages(cache: Path, until: datetime) -> int:
    """Remove the pages that may lack what was there at `until`, so that they are asked for again.

    Returns for how many seconds the pages that are fetched now may be believed; 0 is as long as the index says.
    """
    now, wanted = time.time(), until.timestamp() + _COMPLETE_S
    oldest = max(now - _BELIEVED_S, min(wanted, now - _FRESH_S))
    for bucket in _buckets(cache, _PAGES):
        for page in bucket.rglob("*.rkyv"):
            if not _is_new(page, oldest):
                page.unlink(missing_ok=True)
    return _BELIEVED_S if wanted < now else 0


def seed(shared: Path, private: Path) -> None:
    """Copy pages that are fresh, and the metadata of their projects' wheels.

    Copied, not linked: whoever writes to the private cache must never reach the shared one.
    """
    size = 0
    for number, path in enumerate(_known(shared)):
        target = private / path.relative_to(shared)
        with suppress(OSError):
            size += path.stat().st_size
            if number >= _COUNT_LIMIT or size > _SIZE_LIMIT:
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def cached_names(cache: Path) -> frozenset[tuple[str, str]]:
    """Return name and version of each wheel that the cache has. It may be wrong of one: uv looks itself."""
    return frozenset(
        (wheel.parent.name, wheel.name.split("-")[0])
        for bucket in _buckets(cache, _METADATA)
        for wheel in (*bucket.glob("pypi/*/*.http"), *bucket.glob("index/*/*/*.http"))
    )


def _known(shared: Path) -> Iterator[Path]:
    for bucket in _buckets(shared, _ASKED):
        yield from bucket.rglob("*.msgpack")
    since = time.time() - _FRESH_S
    pages = [path for bucket in _buckets(shared, _PAGES) for path in bucket.rglob("*.rkyv") if _is_new(path, since)]
    names = {page.stem for page in pages}
    yield from pages
    for bucket in _buckets(shared, _METADATA):
        for project in (*bucket.glob("pypi/*/"), *bucket.glob("index/*/*/")):
            if project.name in names:
                yield from project.glob("*.msgpack")


def _buckets(shared: Path, name: re.Pattern[str]) -> list[Path]:
    return sorted(path for path in shared.glob("*/") if name.fullmatch(path.name))


def _is_new(path: Path, since: float) -> bool:
    try:
        return path.stat().st_mtime >= since
    except OSError:
        return False
