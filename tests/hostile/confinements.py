"""What hostile notebooks are confined by: the suite runs once for each entry."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from reproduce.runner.job import Kernel, SandboxKind


def own_kernel() -> Kernel:
    """The kernel of the environment that the tests run in."""
    return Kernel(
        argv=(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        language="python",
        prefix=sys.prefix,
        readonly_paths=(sys.prefix, sys.base_prefix),
    )


# The sandbox, and the kernel that is started in it.
CONFINEMENTS: Final[tuple[tuple[SandboxKind, Callable[[], Kernel]], ...]] = (("bwrap", own_kernel),)
