"""The engines of this installation, by name, set up as its settings say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from django.conf import settings

from builder.engines.choice import BUILT, Installed, choose_engine
from builder.engines.containers.client import NO_PROGRAM, ContainerClient
from builder.engines.containers.image_engine import ImageEngine
from builder.engines.containers.image_settings import ImageSettings
from builder.engines.containers.repo2docker_engine import Repo2DockerEngine
from builder.engines.given.engine import GivenEngine
from builder.engines.given.modules import GivenModules
from builder.engines.interpreters import OLDEST
from builder.engines.limits import BuildLimits
from builder.engines.local import LocalEngine
from builder.engines.old_python.upstream import open_index
from builder.engines.progress import Progress
from builder.engines.protocol import Engine
from builder.engines.release_list import Release, releases_of
from builder.errors import BuildError
from builder.recipe.model import Wish

__all__ = ["ENGINES", "Installed", "MakeEngine", "choose_engine", "installed_here", "local_engine", "releases_here"]


class MakeEngine(Protocol):
    """Makes an engine. Without a sandbox, source distributions are refused unless `are_builds_allowed`."""

    def __call__(self, *, is_sandboxed: bool, are_builds_allowed: bool) -> Engine: ...


def repo2docker_engine(*, is_sandboxed: bool, are_builds_allowed: bool) -> Engine:
    """Return the engine that builds images. Raises BuildError container-engine-missing where there is none."""
    if settings.REPRISE_CONTAINER_ENGINE == NO_PROGRAM:
        raise BuildError("container-engine-missing", file="an image")
    local = local_engine(is_sandboxed=is_sandboxed, are_builds_allowed=are_builds_allowed)
    return Repo2DockerEngine(_environments(), image_settings(is_sandboxed=is_sandboxed), local=local)


def image_engine(*, is_sandboxed: bool, are_builds_allowed: bool) -> Engine:  # noqa: ARG001 - it builds nothing
    """Return the engine that uses given images; a SIF needs no container engine."""
    return ImageEngine(_environments(), image_settings(is_sandboxed=is_sandboxed))


def given_engine(*, is_sandboxed: bool, are_builds_allowed: bool) -> GivenEngine:  # noqa: ARG001 - it builds nothing
    """Return the engine that uses environments of the facility, which the operator names."""
    slurm = settings.REPRISE_SLURM
    roots = tuple(map(Path, slurm.module_roots))
    by_modules = {
        name: GivenModules(names, slurm.modules_init, roots) for name, names in settings.REPRISE_GIVEN_MODULES.items()
    }
    return GivenEngine(_environments(), {**settings.REPRISE_GIVEN_PREFIXES, **by_modules}, is_sandboxed=is_sandboxed)


def image_settings(*, is_sandboxed: bool) -> ImageSettings:
    """Return how this installation builds, fetches and keeps images."""
    client = ContainerClient(
        settings.REPRISE_CONTAINER_ENGINE,
        host=settings.REPRISE_CONTAINER_HOST,
        timeout_s=settings.REPRISE_BUILD_TIMEOUT_S,
        limits=_limits(),
    )
    return ImageSettings(
        client,
        base_image=settings.REPRISE_BASE_IMAGE,
        buildpacks=settings.REPRISE_BUILDPACKS,
        registry=settings.REPRISE_IMAGE_REGISTRY,
        hosts=tuple(settings.REPRISE_IMAGE_HOSTS),
        index_url=settings.REPRISE_INDEX_URL,
        size_limit_bytes=settings.REPRISE_IMAGE_SIZE,
        build_timeout_s=settings.REPRISE_BUILD_TIMEOUT_S,
        limits=_limits(),
        is_sandboxed=is_sandboxed,
    )


def local_engine(*, is_sandboxed: bool, are_builds_allowed: bool) -> LocalEngine:
    """Return the engine on uv, which needs no server."""
    return LocalEngine(
        _environments(),
        index_url=settings.REPRISE_INDEX_URL or None,
        is_sandboxed=is_sandboxed,
        are_builds_allowed=are_builds_allowed,
        build_timeout_s=settings.REPRISE_BUILD_TIMEOUT_S,
        limits=_limits(),
        build_hosts=tuple(settings.REPRISE_BUILD_HOSTS),
    )


def releases_here(project: str, *, python: str) -> tuple[Release, ...]:
    """Return the releases of a project that this installation's index has for a Python. Raises BuildError."""
    index = open_index(settings.REPRISE_INDEX_URL or None, _environments(), Progress(_nobody_reads))
    return releases_of(index.project(project) or (), python=python)


def installed_here() -> Installed:
    """Return what `choose_engine` may choose from on this machine; asks no container engine."""
    pythons = local_engine(is_sandboxed=True, are_builds_allowed=False).interpreters()
    return Installed(
        engines=frozenset({"local"} if settings.REPRISE_CONTAINER_ENGINE == NO_PROGRAM else ENGINES),
        pythons=frozenset(each.minor for each in pythons if each.minor >= OLDEST),
        built_wishes=BUILT | {Wish.CONDA_PACKAGES} if settings.REPRISE_BUILDPACKS == "standard" else BUILT,
    )


def _nobody_reads(_: str) -> None:
    """Nothing is logged of a question."""


def _environments() -> Path:
    return Path(settings.REPRISE_DATA) / "environments"


def _limits() -> BuildLimits:
    return BuildLimits(
        memory_bytes=settings.REPRISE_BUILD_MEMORY,
        disk_bytes=settings.REPRISE_BUILD_DISK,
        output_bytes=settings.REPRISE_BUILD_OUTPUT,
    )


ENGINES: Final[Mapping[str, MakeEngine]] = {
    "local": local_engine,
    "repo2docker": repo2docker_engine,
    "image": image_engine,
    "given": given_engine,
}
