"""What any batch system can do, as the batch executor knows it: submit, tell the state, find, cancel. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from catalog.resources import Resources

Phase = Literal[
    "pending",  # waits, also after it was requeued
    "running",
    "ending",  # over, and not yet put away: which end it was is not yet told
    "completed",
    "failed",
    "cancelled",
    "preempted",
    "node-failed",
    "timed-out",
    "out-of-memory",
]
OVER: frozenset[Phase] = frozenset(
    {"completed", "failed", "cancelled", "preempted", "node-failed", "timed-out", "out-of-memory"}
)


class SchedulerUnreachableError(Exception):
    """The batch system does not answer now, or says what cannot be understood. It may be asked again."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is submitted. By its name a job is found again; `comment` tells one attempt of the same run from another."""

    name: str
    comment: str
    resources: Resources
    time_s: int
    memory_bytes: int
    processors: int
    log: Path


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as the batch system sees it, with its own words for why. `facts` are its accounting, as far as it tells.

    `is_hopeless` marks a job that waits for what will never be. `is_left` marks one that is over by its phase and
    still in the queue.
    """

    phase: Phase
    reason: str = ""
    node: str = ""
    is_hopeless: bool = False
    is_left: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


class Scheduler(Protocol):
    """A batch system. Every call may raise SchedulerUnreachableError, and RunError scheduler-missing."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def memory_words(self) -> re.Pattern[str]:
        """What it writes to the log of a job that it ended for the memory it took."""

    def submit(self, script: Path, request: Request) -> str:
        """Submit the script and return the job's id. Raises RunError scheduler-refused."""

    def state(self, job: str, name: str) -> JobState | None:
        """Return the state of the job; None when it knows none of this id and name, neither waiting nor ended."""

    def facts(self, job: str) -> Mapping[str, str]:
        """Return what it has on record of the job, for the evidence; empty when it has nothing."""

    def find(self, name_begin: str) -> Mapping[str, tuple[str, str]]:
        """Return this account's jobs with a name of this beginning that are not over: {id: (name, comment)}."""

    def cancel(self, job: str, *, is_urgent: bool = False) -> None:
        """End the job, at once where that is urgent. A job that is over or unknown is no error."""
