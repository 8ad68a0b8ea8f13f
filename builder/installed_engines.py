"""The engines of this installation, by name, set up as its settings say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from django.conf import settings

from builder.engines.local import LocalEngine
from builder.engines.protocol import Engine


class MakeEngine(Protocol):
    """Makes an engine. Without a sandbox, source distributions are refused unless `are_builds_allowed`."""

    def __call__(self, *, is_sandboxed: bool, are_builds_allowed: bool) -> Engine: ...


def local_engine(*, is_sandboxed: bool, are_builds_allowed: bool) -> Engine:
    """Return the engine on uv, which needs no server."""
    return LocalEngine(
        Path(settings.REPRISE_DATA) / "environments",
        index_url=settings.REPRISE_INDEX_URL or None,
        is_sandboxed=is_sandboxed,
        are_builds_allowed=are_builds_allowed,
        build_timeout_s=settings.REPRISE_BUILD_TIMEOUT_S,
    )


ENGINES: Final[Mapping[str, MakeEngine]] = {"local": local_engine}
