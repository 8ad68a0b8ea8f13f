"""An index of our own, read with its dates, and an old pip: that of the oldest Python at hand, and of a newer one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.engines.interpreters import Interpreter, discover, nearest
from builder.engines.old_python.pip_process import OldPip
from builder.engines.old_python.resolver import Wanted
from builder.engines.old_python.upstream import Upstream
from builder.engines.progress import Progress
from builder.engines.uv_process import Uv, find_uv
from tests.builder.engines.local_index import LocalIndex

THEN = datetime(2016, 9, 15, tzinfo=UTC)
EVERY_PYTHON = {"tag": "py2.py3-none-any", "requires_python": ">=2.7"}
quiet = Progress(lambda _: None)


def wanted(
    *requirements: str,
    as_of: datetime = THEN,
    dates: Mapping[str, datetime] | None = None,
    extra: tuple[str, ...] = (),
    wheels_only: tuple[str, ...] = (),
    are_sources_allowed: bool = True,
    constraints: tuple[str, ...] = (),
) -> Wanted:
    """Return a question to the resolver; what is not said is empty."""
    tools = datetime(2021, 12, 31, tzinfo=UTC)
    return Wanted(requirements, constraints, as_of, dates or {}, tools, extra, wheels_only, are_sources_allowed)


@pytest.fixture
def upstream(index: LocalIndex, tmp_path: Path) -> Upstream:
    return Upstream(index.url, tmp_path / "files")


@pytest.fixture
def pip(tmp_path: Path) -> OldPip:
    """The pip of the oldest Python at hand; on a machine with one Python the same as `newer_pip`."""
    return made_pip(tmp_path / "pip", nearest(discover(), "2.7")[0])


@pytest.fixture
def newer_pip(tmp_path: Path, python: Interpreter) -> OldPip:
    """The pip of a Python that also builds what is only for Python 3."""
    return made_pip(tmp_path / "newer-pip", python)


def made_pip(folder: Path, python: Interpreter) -> OldPip:
    folder.mkdir()
    return OldPip(Uv(find_uv(), None, True), python, folder, 120.0, quiet)


@pytest.fixture
def optics(index: LocalIndex) -> Callable[..., None]:
    """Publish releases of optics, for every Python: pairs of version and upload date."""

    def publish(*releases: tuple[str, str], **changes: object) -> None:
        for version, day in releases:
            index.wheel("optics", version, uploaded=f"{day}T00:00:00Z", **{**EVERY_PYTHON, **changes})  # type: ignore[arg-type]

    return publish
