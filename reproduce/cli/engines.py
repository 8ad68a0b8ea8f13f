"""The engines that the command line offers, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from django.conf import settings

from builder.engines.local import LocalEngine
from builder.engines.protocol import Engine
from reproduce.runner.job import SandboxKind


def _local(sandbox: SandboxKind) -> Engine:
    return LocalEngine(
        Path(settings.REPRISE_DATA) / "environments",
        index_url=settings.REPRISE_INDEX_URL or None,
        is_sandboxed=sandbox != "none",
        # Whoever lets notebooks act in his name lets their packages do so too.
        are_builds_allowed=True,
        build_timeout_s=settings.REPRISE_BUILD_TIMEOUT_S,
    )


ENGINES: Final[Mapping[str, Callable[[SandboxKind], Engine]]] = {"local": _local}
