"""Repair what failed for the want of a package or a version: try a proposal for real, and offer it if it worked."""

from __future__ import annotations

import dataclasses
import glob
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from django.conf import settings

from builder.engines.local import LocalEngine
from builder.errors import SnapshotError
from builder.recipe.model import Recipe, Requirement
from builder.snapshot.notebooks import read_notebook
from builder.snapshot.source import Source
from catalog.causes import CausedError
from reproduce.cli.conduct import Conductor, Ending, Outcome
from reproduce.cli.evidence import EvidenceDirectory
from reproduce.cli.name_search import PROBE, find_release, probe_notebook
from reproduce.cli.options import Options
from reproduce.cli.progress import Progress
from reproduce.cli.source import Found
from reproduce.cli.trial_copy import TrialCopy
from reproduce.diagnose import Facts, Proposal, facts_of, propose, sought
from reproduce.diagnose.release_search import Answer
from reproduce.verdicts import Verdict

# One package after the other may be missing; more than these are no repair but another environment.
MOST_STEPS: Final = 5


@dataclass(frozen=True, slots=True)
class Repair:
    """What made a notebook run that failed before: the proposals, the patch that declares them, the verdict with it."""

    path: str
    proposals: tuple[Proposal, ...]
    patch: str
    verdict: Verdict


def repair_failed(
    outcome: Outcome, options: Options, found: Found, *, progress: Callable[[], Progress], now: datetime
) -> Iterator[Repair]:
    """Yield a repair for each failed notebook that has one: with its patch the notebook ran to its end.

    `progress` makes one for each trial.
    """
    for ending in outcome.endings:
        if ending.verdict == "failed" and outcome.made is not None and outcome.facts is not None:
            with tempfile.TemporaryDirectory(prefix="repair-", dir=scratch_place()) as scratch:
                trial = _Trial(outcome, options, found, Path(scratch), progress, now)
                if repair := trial.repair(ending):
                    yield repair


def scratch_place() -> Path:
    """Return the directory in which trials are made, made where it is missing."""
    place = Path(settings.REPRISE_DATA) / "scratch"
    place.mkdir(parents=True, exist_ok=True)
    return place


class _Trial:
    """Repairs of one notebook, one after the other, in a copy of its source."""

    def __init__(
        self,
        outcome: Outcome,
        options: Options,
        found: Found,
        scratch: Path,
        progress: Callable[[], Progress],
        now: datetime,
    ) -> None:
        self._outcome = outcome
        self._options = options
        self._found = found
        self._scratch = scratch
        self._progress = progress
        self._now = now
        self._as_of: datetime | str = self._recipe.as_of

    def repair(self, ending: Ending) -> Repair | None:
        """Return what made the notebook run, None where nothing did."""
        outcome, proposals = self._outcome, list[Proposal]()
        try:
            while len(proposals) < MOST_STEPS:
                proposal = self._proposal(outcome, ending)
                if proposal is None or proposal in proposals:
                    return None
                proposals.append(proposal)
                if proposal.needs_later_date:
                    self._as_of = proposal.there_since or "today"
                self._copy.declare(proposal, ending.path, self._inferred)
                what = proposal.requirement or f"Python {proposal.python}"
                step = f"Trying a repair of {ending.path}: {what}"
                outcome, ending = self._run(self._copy, ending.path, self._as_of, step, self._options)
                if ending.verdict in ("identical", "reproduced", "differs"):
                    return Repair(ending.path, tuple(proposals), self._copy.patch(), ending.verdict)
        except CausedError:
            return None
        return None

    def _proposal(self, outcome: Outcome, ending: Ending) -> Proposal | None:
        """Return what to declare after this end; None where it ended for another reason than the notebook's own."""
        facts = _facts(outcome, ending)
        if facts is None:
            return None
        proposal = propose(facts)
        name = sought(facts) if self._is_made_quickly else None
        if proposal is not None or name is None:
            return proposal
        with tempfile.TemporaryDirectory(prefix="probe-", dir=self._scratch) as place:
            probe = TrialCopy(self._copy.place, Path(place) / self._found.name)
            probe.write({PROBE: probe_notebook(name)})

            def ask(version: str, as_of: datetime) -> Answer:
                probe.write(self._copy.declaring(f"{name.package}=={version}", PROBE, self._inferred))
                return self._asked(probe, as_of, f"Looking for {name.module}.{name.name} in {name.package} {version}")

            moment = self._as_of if isinstance(self._as_of, datetime) else self._now
            return find_release(name, python=facts.python, as_of=moment, ask=ask)

    def _asked(self, probe: TrialCopy, as_of: datetime, step: str) -> Answer:
        options = dataclasses.replace(self._options, parameters=(), data=(), output_files=(), repeat=1)
        _, ending = self._run(probe, PROBE, as_of, step, options)
        status = None if ending.reproduction is None else ending.reproduction.result.status
        if status == "completed":
            return "has"
        return "lacks" if status == "cell-raised" else "unusable"

    def _run(
        self, copy: TrialCopy, notebook: str, as_of: datetime | str, step: str, options: Options
    ) -> tuple[Outcome, Ending]:
        options = dataclasses.replace(
            options,
            source=str(copy.place),
            notebooks=(glob.escape(notebook),),
            as_of=as_of,
            python=None if self._copy.has_python else options.python,
        )
        found = dataclasses.replace(self._found, source=Source("directory", str(copy.place)))
        evidence = EvidenceDirectory(self._scratch / "evidence")
        progress = self._progress()
        progress.step(step)
        try:
            outcome = Conductor(options, found, evidence, progress).conduct(self._now)
        finally:
            progress.close()
            evidence.discard()
        if outcome.interruption is not None:
            raise outcome.interruption
        ending = next((each for each in outcome.endings if each.path == notebook), None)
        return outcome, ending or Ending(notebook, outcome.verdict, outcome.refusal)

    @cached_property
    def _copy(self) -> TrialCopy:
        return TrialCopy(self._root, self._scratch / "copy" / self._found.name)

    @property
    def _root(self) -> Path:
        facts = self._outcome.facts
        assert facts is not None  # noqa: S101 - the only caller has looked
        return facts.path

    @property
    def _is_made_quickly(self) -> bool:
        """Whether an environment takes seconds: an image takes minutes, too long to make many."""
        return self._outcome.made is not None and self._outcome.made.decided.engine == LocalEngine.name

    @property
    def _recipe(self) -> Recipe:
        made = self._outcome.made
        assert made is not None  # noqa: S101 - the only caller has looked
        return made.decided.recipe

    @property
    def _inferred(self) -> tuple[Requirement, ...]:
        return self._recipe.requirements if self._recipe.is_inferred else ()


def _facts(outcome: Outcome, ending: Ending) -> Facts | None:
    if ending.reproduction is None or outcome.made is None or outcome.facts is None or ending.verdict != "failed":
        return None
    try:
        published = read_notebook(outcome.facts.path / ending.path)
    except SnapshotError:
        return None
    return facts_of(ending.reproduction.result, published, outcome.made.built)
