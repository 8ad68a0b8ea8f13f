"""What an engine tells while it works, and how it hears that nobody wants its work any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from builder.errors import BuildError


class Stage(StrEnum):
    """The stages of a build, in their order. An engine that has nothing to do in one leaves it out."""

    RESOLVE = "resolve"
    DOWNLOAD = "download"
    BUILD = "build"
    INSTALL = "install"
    VERIFY = "verify"


class BuildCancelledError(BuildError):
    """Whoever wanted the build has withdrawn. Nothing half-made is left that is later used."""

    def __init__(self) -> None:
        super().__init__("cancelled")


def _ignore_stage(_: Stage) -> None:
    """Not everyone wants to know."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Progress:
    """Three calls, each from any thread of the engine.

    `log` takes one line for people; `stage` says which stage begins; `is_cancelled` is asked at least twice a second,
    silent programs included. What `log` or `stage` raise ends the build.
    """

    log: Callable[[str], None]
    stage: Callable[[Stage], None] = _ignore_stage
    is_cancelled: Callable[[], bool] = _never

    def check(self) -> None:
        """Raise BuildCancelledError when nobody wants the build any more."""
        if self.is_cancelled():
            raise BuildCancelledError

    def logging_to(self, log: Callable[[str], None]) -> Progress:
        """Return the same progress with another log, for a program whose lines are shown only if it fails."""
        return replace(self, log=log)
