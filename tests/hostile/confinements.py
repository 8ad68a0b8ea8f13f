"""What hostile notebooks are confined by: the suite runs once for each."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

from reproduce.runner.job import Container, Kernel, SandboxKind
from tests.docker_engine import DockerEngine


@dataclass(frozen=True)
class Confined:
    """A sandbox, the kernel that is started in it, and the container engine where it needs one."""

    sandbox: SandboxKind
    kernel: Kernel
    engine: DockerEngine | None = None

    @property
    def container(self) -> Container | None:
        """The engine and its image as a job names them."""
        engine = self.engine
        return None if engine is None else Container(engine.program, engine.host, engine.base_image)


def own_kernel() -> Kernel:
    """The kernel of the environment that the tests run in."""
    return Kernel(
        argv=(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        language="python",
        prefix=sys.prefix,
        readonly_paths=(sys.prefix, sys.base_prefix),
    )


# As the printed count names them.
NAMES: Final[dict[SandboxKind, str]] = {"bwrap": "bubblewrap", "container": "Docker"}
