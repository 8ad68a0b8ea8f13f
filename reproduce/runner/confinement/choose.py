"""Which confinement a job is run in, and which of them works on this machine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from reproduce.runner.confinement.apptainer import ApptainerConfinement
from reproduce.runner.confinement.bare import Bare
from reproduce.runner.confinement.bwrap import Bubblewrap, why_no_bwrap
from reproduce.runner.confinement.container import ContainerConfinement
from reproduce.runner.confinement.protocol import Confinement, ConfinementMissingError
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


def detect_sandbox() -> SandboxKind | None:
    """Tell which sandbox works here, by starting one; None when there is none.

    That one works is kept. That none does is asked anew, because a trial can fail for a reason that passes.
    Raises ConfinementUnclearError.
    """
    with suppress(ConfinementMissingError):
        return _working_sandbox()
    return None


@functools.cache
def _working_sandbox() -> SandboxKind:
    reason = why_no_sandbox()
    if reason is not None:
        raise ConfinementMissingError(reason)
    return "bwrap"


def why_no_sandbox() -> str | None:
    """Return what stands in the way of a sandbox in one line, or None when one can be started.

    Raises ConfinementUnclearError.
    """
    return why_no_bwrap()
