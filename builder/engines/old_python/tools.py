"""The virtual environment that an old pip works in, with what setup.py files of its years need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from builder.engines.old_python.dated_index import DatedIndex
from builder.engines.old_python.pip_errors import tell
from builder.engines.old_python.pip_process import OldPip

# setuptools 46 lost "Feature". The last ones for Python 2.7 still have it.
_FEATURE_UNTIL: Final = datetime(2020, 3, 8, tzinfo=UTC)
_WITH_FEATURE: Final = "setuptools<46"


def make_tools(
    pip: OldPip, index: DatedIndex, *, tools: datetime, extra: Sequence[str] = (), constraints: Sequence[str] = ()
) -> Path:
    """Return a virtual environment in pip's folder with build tools as of `tools`, and `extra` as of the index's date.

    One of the same content is used again. What is added comes from wheels, so that no stranger's program runs before
    the one that is to be built. Raises BuildError.
    """
    needs_feature = tools < _FEATURE_UNTIL and pip.python.minor > (2, 7)
    added = [*extra, *([_WITH_FEATURE] if needs_feature else [])]
    place = pip.folder / "-".join(["tools", *extra, *(["old"] if needs_feature else [])])
    if (place / "whole").exists():
        return place
    pip.make_virtualenv(place, has_tools=True)
    if added:
        limits = place / "constraints.in"
        limits.write_text("".join(f"{each}\n" for each in constraints), encoding="utf-8")
        command = ["install", "--quiet", "--only-binary", ":all:", "-c", str(limits), *added]
        answer = pip.run(command, virtualenv=place, index_url=index.url)
        if answer.status:
            raise tell(answer.text, index=index, python=pip.python.version, wanted=(), root=pip.folder)
    (place / "whole").touch()
    return place
