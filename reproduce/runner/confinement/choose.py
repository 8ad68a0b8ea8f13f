"""Which confinement a job is run in, and which of them works on this machine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final

from reproduce.runner.confinement.apptainer import ApptainerConfinement
from reproduce.runner.confinement.bare import Bare
from reproduce.runner.confinement.bwrap import Bubblewrap, why_no_bwrap
from reproduce.runner.confinement.container import ContainerConfinement
from reproduce.runner.confinement.protocol import Confinement
from reproduce.runner.job import Job, SandboxKind

_CONFINEMENTS: Final[dict[SandboxKind, Callable[[Job], Confinement]]] = {
    "bwrap": Bubblewrap,
    "container": ContainerConfinement,
    "apptainer": ApptainerConfinement,
    "none": Bare,
}
KINDS: Final[tuple[SandboxKind, ...]] = tuple(_CONFINEMENTS)


def confinement_of(job: Job) -> Confinement:
    """Return the confinement that the job asks for, whether or not it works here."""
    return _CONFINEMENTS[job.sandbox](job)


@functools.cache
def detect_sandbox() -> SandboxKind | None:
    """Tell which sandbox works here, by starting one; None when there is none. The answer is kept."""
    return "bwrap" if why_no_sandbox() is None else None


def why_no_sandbox() -> str | None:
    """Return what stands in the way of a sandbox in one line, or None when one can be started."""
    return why_no_bwrap()
