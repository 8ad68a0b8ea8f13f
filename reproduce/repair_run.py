"""Try a repair of a target whose notebook has just failed again: in copies of its snapshot, nothing of it on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from django.conf import settings
from django.utils import timezone

from builder.engines.progress import BuildCancelledError, Progress
from builder.engines.protocol import BuiltEnvironment
from builder.engines.release_list import Release
from builder.eviction import make_room
from builder.fetch import outlines_of
from builder.installed_engines import ENGINES, choose_engine, installed_here, releases_here
from builder.kept_recipe import recipe_from_json
from builder.models import Snapshot
from builder.prepare import Prepared
from builder.recipe.read import read_recipe
from catalog.causes import CausedError
from reproduce.judging import Claim, Reproduction
from reproduce.repair.repairing import AsOfTrial, Failed, Repair, Tried, repair_notebook
from reproduce.repair.trial_copy import TrialCopy
from reproduce.runner.job import SandboxKind
from reproduce.story import Story

_NAME: Final = "repository"


class RunClaim(Protocol):
    """Runs the notebook of a claim in an environment, with its evidence in the directory `bundle`."""

    def __call__(self, claim: Claim, built: BuiltEnvironment, /, *, bundle: Path) -> Reproduction:
        """Return how it ended."""


def try_repair(trials: Trials, prepared: Prepared, reproduction: Reproduction) -> Repair | None:
    """Return what made the notebook run that failed as `reproduction` tells, None where nothing did or had to.

    Raises BuildCancelledError once the run is over.
    """
    story = trials.story
    if reproduction.verdict != "failed":
        story.add("run", "It did not fail, so there is nothing to repair.")
        return None
    recipe = recipe_from_json(prepared.environment.recipe)
    tried = Tried(reproduction, prepared.built)
    failed = Failed(trials.claim.snapshot, trials.claim.notebook, recipe, tried)
    repair = repair_notebook(failed, trials, scratch=trials.bundle, name=_NAME, now=timezone.now())
    if trials.is_over():
        raise BuildCancelledError
    if repair is None:
        story.add("run", "No repair was found.")
        return None
    for proposal in repair.proposals:
        story.add("run", f"{proposal.reason} Declared: {proposal.requirement or f'Python {proposal.python}'}.")
    story.add("run", f"With this the notebook is {repair.verdict}.")
    return repair


class Trials:
    """Trials as a run of the service: its limits, its engines, its story; each with a directory below `bundle`."""

    def __init__(
        self,
        snapshot: Snapshot,
        claim: Claim,
        bundle: Path,
        *,
        sandbox: SandboxKind,
        run: RunClaim,
        story: Story,
        is_over: Callable[[], bool],
    ) -> None:
        self.claim = claim
        self.bundle = bundle
        self.story = story
        self.is_over = is_over
        self._committed_at = snapshot.committed_at
        self._is_sandboxed = sandbox != "none"
        self._run = run
        self._count = 0
        # As for the environment on record, what is inferred is read from all notebooks.
        self._notebooks = [outline.path for outline in outlines_of(snapshot) if outline.problem is None]

    def run(self, copy: TrialCopy, notebook: str, as_of: AsOfTrial, *, step: str) -> Tried:
        """Run the notebook of the copy. Raises BuildCancelledError."""
        return self._try(replace(self.claim, snapshot=copy.place, notebook=notebook), as_of, step)

    def probe(self, copy: TrialCopy, notebook: str, as_of: AsOfTrial, *, step: str) -> Tried:
        """Run a notebook of ours in the copy. Raises BuildCancelledError."""
        plain = Claim(copy.place, notebook, threads=self.claim.threads, committed_at=self.claim.committed_at)
        return self._try(plain, as_of, step)

    def releases(self, project: str, python: str) -> Sequence[Release]:
        """Return what the index of this installation has. Raises BuildError."""
        return releases_here(project, python=python)

    def _try(self, claim: Claim, as_of: AsOfTrial, step: str) -> Tried:
        self.story.add("run", step)
        self._count += 1
        try:
            built = self._built(claim.snapshot, as_of)
            self.story.tell({"type": "restarted"})
            return Tried(self._run(claim, built, bundle=self.bundle / f"trial-{self._count}"), built)
        except BuildCancelledError:
            raise
        except CausedError as error:
            self.story.add("run", f"That cannot be tried: {error.cause.message}")
            return Tried()

    def _built(self, place: Path, as_of: AsOfTrial) -> BuiltEnvironment:
        now = timezone.now()
        recipe = read_recipe(
            place, self._notebooks, as_of=as_of, committed_at=self._committed_at, published_on=None, today=now
        )
        name, _ = choose_engine(recipe, installed=installed_here())
        may_build = self._is_sandboxed or settings.REPRISE_ALLOW_UNSANDBOXED == "all"
        engine = ENGINES[name](is_sandboxed=self._is_sandboxed, are_builds_allowed=may_build)
        progress = Progress(_nobody_reads, is_cancelled=self.is_over)
        make_room(now=now)
        lock = engine.resolve(recipe, progress=progress)
        return engine.build(recipe, lock, source=place, progress=progress)


def _nobody_reads(_: str) -> None:
    """The log of an environment that is only tried is kept nowhere."""
