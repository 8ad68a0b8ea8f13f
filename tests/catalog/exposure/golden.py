"""Golden files: every sample in every format as it is known to be right, in fixtures/metadata/formats.

`python -m tests.catalog.exposure.golden` writes them anew; what changed is then to be looked at before it is committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from catalog.exposure import signposting
from catalog.exposure.formats import formats_of
from tests.catalog.exposure.samples import SAMPLES, SITE

GOLDEN: Final = Path(__file__).resolve().parents[3] / "fixtures" / "metadata" / "formats"


def documents() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every golden file."""
    for name, record in SAMPLES.items():
        for one in formats_of(record):
            yield f"{name}.{one.SUFFIX}", one.write(record, SITE)
        yield f"{name}.{signposting.JSON_SUFFIX}", signposting.write_linkset_json(record, SITE)
        yield f"{name}.{signposting.TEXT_SUFFIX}", signposting.write_linkset_text(record, SITE)


def suffix_of(name: str) -> str:
    """Return what follows the first full stop of a golden file's name."""
    return name.partition(".")[2]


def write_all() -> None:
    """Write all golden files, and take away those that no format makes any more."""
    GOLDEN.mkdir(exist_ok=True)
    made = dict(documents())
    for old in GOLDEN.iterdir():
        if old.name not in made:
            old.unlink()
    for name, content in made.items():
        (GOLDEN / name).write_bytes(content)


if __name__ == "__main__":
    write_all()
