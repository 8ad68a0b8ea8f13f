"""The engines of this installation, by name, set up as its settings say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from django.conf import settings

from builder.engines.choice import BUILT, Installed, choose_engine
from builder.engines.interpreters import OLDEST
from builder.engines.limits import BuildLimits
from builder.engines.local import LocalEngine
from builder.engines.protocol import Engine
from builder.recipe.model import Wish

__all__ = ["ENGINES", "Installed", "MakeEngine", "choose_engine", "installed_here", "local_engine"]


class MakeEngine(Protocol):
    """Makes an engine. Without a sandbox, source distributions are refused unless `are_builds_allowed`."""

    def __call__(self, *, is_sandboxed: bool, are_builds_allowed: bool) -> Engine: ...


def local_engine(*, is_sandboxed: bool, are_builds_allowed: bool) -> LocalEngine:
    """Return the engine on uv, which needs no server."""
    return LocalEngine(
        Path(settings.REPRISE_DATA) / "environments",
        index_url=settings.REPRISE_INDEX_URL or None,
        is_sandboxed=is_sandboxed,
        are_builds_allowed=are_builds_allowed,
        build_timeout_s=settings.REPRISE_BUILD_TIMEOUT_S,
        limits=BuildLimits(
            memory_bytes=settings.REPRISE_BUILD_MEMORY,
            disk_bytes=settings.REPRISE_BUILD_DISK,
            output_bytes=settings.REPRISE_BUILD_OUTPUT,
        ),
    )


def installed_here() -> Installed:
    """Return what `choose_engine` may choose from on this machine; asks no container engine."""
    pythons = local_engine(is_sandboxed=True, are_builds_allowed=False).interpreters()
    return Installed(
        engines=frozenset({"local"} if settings.REPRISE_CONTAINER_ENGINE == "none" else ENGINES),
        pythons=frozenset(each.minor for each in pythons if each.minor >= OLDEST),
        built_wishes=BUILT | {Wish.CONDA_PACKAGES} if settings.REPRISE_BUILDPACKS == "standard" else BUILT,
    )


ENGINES: Final[Mapping[str, MakeEngine]] = {"local": local_engine}
