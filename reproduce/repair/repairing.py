"""Try proposals one after the other until the notebook runs to its end. Who calls says how a notebook is run."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Protocol

from builder.engines.local import LocalEngine
from builder.engines.protocol import BuiltEnvironment
from builder.engines.release_list import Release
from builder.errors import SnapshotError
from builder.recipe.model import Recipe, Requirement
from builder.snapshot.notebooks import read_notebook
from catalog.causes import CausedError
from reproduce.diagnose import Facts, Proposal, facts_of, propose, sought
from reproduce.diagnose.release_search import Answer
from reproduce.judging import Reproduction
from reproduce.repair.name_search import PROBE, find_release, probe_notebook
from reproduce.repair.trial_copy import TrialCopy
from reproduce.verdicts import Verdict

# One package after the other may be missing; more than these are no repair but another environment.
MOST_STEPS: Final = 5
_RAN: Final = ("identical", "reproduced", "differs")
AsOfTrial = datetime | Literal["today"]


@dataclass(frozen=True, slots=True)
class Tried:
    """How a notebook ended in an environment; both None where there was no environment, or it could not be run."""

    reproduction: Reproduction | None = None
    built: BuiltEnvironment | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The notebook that failed: its repository, what was read from that, and how it ended."""

    root: Path
    notebook: str
    recipe: Recipe
    tried: Tried


@dataclass(frozen=True, slots=True)
class Repair:
    """What made a notebook run that failed before: the proposals, the patch that declares them, how it then ended."""

    path: str
    proposals: tuple[Proposal, ...]
    patch: str
    reproduction: Reproduction

    @property
    def verdict(self) -> Verdict | None:
        """The verdict with the patch."""
        return self.reproduction.verdict


class Trials(Protocol):
    """Runs notebooks in copies of the repository."""

    def run(self, copy: TrialCopy, notebook: str, as_of: AsOfTrial, *, step: str) -> Tried:
        """Make the environment of the copy as of the date and run its notebook as the failed one was run.

        `step` says to people what is tried. Raises CausedError where no more trials make sense.
        """

    def probe(self, copy: TrialCopy, notebook: str, as_of: AsOfTrial, *, step: str) -> Tried:
        """Do the same with a notebook of ours, which needs nothing of what is declared for the failed one."""

    def releases(self, project: str, python: str) -> Sequence[Release]:
        """Return the releases of a project that can be had for a Python, by their versions. Raises CausedError."""


def repair_notebook(failed: Failed, trials: Trials, *, scratch: Path, name: str, now: datetime) -> Repair | None:
    """Return what made the notebook run, None where nothing did.

    The copies lie below `scratch`, in directories of this `name`, and are gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="repair-", dir=scratch) as place:
        return _Repairing(failed, trials, Path(place), name, now).repair()


class _Repairing:
    def __init__(self, failed: Failed, trials: Trials, scratch: Path, name: str, now: datetime) -> None:
        self._failed = failed
        self._trials = trials
        self._scratch = scratch
        self._name = name
        self._now = now
        self._as_of: AsOfTrial = failed.recipe.as_of
        self._copy: TrialCopy | None = None

    def repair(self) -> Repair | None:
        tried, proposals = self._failed.tried, list[Proposal]()
        path = self._failed.notebook
        try:
            while len(proposals) < MOST_STEPS:
                proposal = self._proposal(tried)
                if proposal is None or proposal in proposals:
                    return None
                proposals.append(proposal)
                if proposal.needs_later_date:
                    self._as_of = proposal.there_since or "today"
                copy = self._copied()
                copy.declare(proposal, path, self._inferred)
                what = proposal.requirement or f"Python {proposal.python}"
                tried = self._trials.run(copy, path, self._as_of, step=f"Trying a repair of {path}: {what}")
                ran = tried.reproduction
                if ran is not None and ran.verdict in _RAN:
                    return Repair(path, tuple(proposals), copy.patch(), ran)
        except CausedError:
            return None
        return None

    def _proposal(self, tried: Tried) -> Proposal | None:
        """Return what to declare after this end; None where it ended for another reason than the notebook's own."""
        facts = self._facts(tried)
        if facts is None:
            return None
        proposal = propose(facts)
        # An image takes minutes, too long to make many.
        is_made_quickly = tried.built is not None and tried.built.engine == LocalEngine.name
        name = sought(facts) if is_made_quickly else None
        if proposal is not None or name is None:
            return proposal
        copy = self._copied()
        with tempfile.TemporaryDirectory(prefix="probe-", dir=self._scratch) as place:
            probe = copy.fork(Path(place) / self._name)
            probe.write({PROBE: probe_notebook(name)})

            def ask(version: str, as_of: datetime) -> Answer:
                probe.write(copy.declaring(f"{name.package}=={version}", PROBE, self._inferred))
                step = f"Looking for {name.module}.{name.name} in {name.package} {version}"
                return _answer(self._trials.probe(probe, PROBE, as_of, step=step))

            moment = self._now if self._as_of == "today" else self._as_of
            return find_release(name, self._trials.releases(name.package, facts.python), as_of=moment, ask=ask)

    def _facts(self, tried: Tried) -> Facts | None:
        ran, built = tried.reproduction, tried.built
        if ran is None or built is None or ran.verdict != "failed":
            return None
        try:
            published = read_notebook(self._failed.root / self._failed.notebook)
        except SnapshotError:
            return None
        return facts_of(ran.result, published, built)

    def _copied(self) -> TrialCopy:
        """Return the copy in which is declared; a large repository is copied only when something is to be tried."""
        if self._copy is None:
            self._copy = TrialCopy(self._failed.root, self._scratch / "copy" / self._name)
        return self._copy

    @property
    def _inferred(self) -> tuple[Requirement, ...]:
        return self._failed.recipe.requirements if self._failed.recipe.is_inferred else ()


def _answer(tried: Tried) -> Answer:
    status = None if tried.reproduction is None else tried.reproduction.result.status
    if status == "completed":
        return "has"
    return "lacks" if status == "cell-raised" else "unusable"
