"""How an installation builds, fetches and keeps images."""

from __future__ import annotations

from dataclasses import dataclass

from builder.engines.containers.client import ContainerClient
from builder.engines.limits import DEFAULT_LIMITS, BuildLimits


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """`base_image` is empty for repo2docker's own; `buildpacks` is "standard" or "uv".

    `registry` is the prefix that built images are shared under, empty for none; `hosts` are the registries from which
    images named by a repository may come; `index_url` is empty for the public package index.
    """

    client: ContainerClient
    base_image: str = ""
    buildpacks: str = "standard"
    registry: str = ""
    hosts: tuple[str, ...] = ()
    index_url: str = ""
    size_limit_bytes: int = 20 * 2**30
    build_timeout_s: float = 1800.0
    limits: BuildLimits = DEFAULT_LIMITS
    is_sandboxed: bool = True
