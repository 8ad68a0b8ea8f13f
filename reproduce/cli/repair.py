"""Repair what failed for the want of a package or a version: try a proposal for real, and offer it if it worked."""

from __future__ import annotations

import dataclasses
import glob
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings

from builder.errors import SnapshotError
from builder.recipe.git_diff import file_diff
from builder.recipe.patch import repaired_files
from builder.snapshot.notebooks import read_notebook
from builder.snapshot.source import Source
from catalog.causes import CausedError
from reproduce.cli.conduct import Conductor, Ending, Outcome
from reproduce.cli.evidence import EvidenceDirectory
from reproduce.cli.options import Options
from reproduce.cli.progress import Progress
from reproduce.cli.source import Found
from reproduce.diagnose import Proposal, facts_of, propose
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
        self._copy = scratch / found.name
        self._files: dict[str, str] = {}

    def repair(self, ending: Ending) -> Repair | None:
        outcome, proposals, is_later = self._outcome, list[Proposal](), False
        while len(proposals) < MOST_STEPS:
            proposal = _proposal(outcome, ending)
            if proposal is None or proposal in proposals:
                return None
            proposals.append(proposal)
            is_later = is_later or proposal.needs_later_date
            try:
                self._declare(proposal, ending.path)
                outcome, ending = self._run(ending.path, proposal, is_later=is_later)
            except CausedError:
                return None
            if ending.verdict in ("identical", "reproduced", "differs"):
                return Repair(ending.path, tuple(proposals), self._patch(), ending.verdict)
            if outcome.interruption is not None:
                raise outcome.interruption
        return None

    def _declare(self, proposal: Proposal, notebook: str) -> None:
        if not self._copy.exists():
            shutil.copytree(self._root, self._copy, symlinks=True)
        made = self._outcome.made
        assert made is not None  # noqa: S101 - the only caller has looked
        recipe = made.decided.recipe
        # What has been declared by an earlier step is read from the file.
        inferred = recipe.requirements if recipe.is_inferred and not self._files else ()
        place = f"{notebook}: {proposal.reason.removesuffix('.')}"
        new = repaired_files(self._copy, proposal.requirement, place, inferred=inferred, python=proposal.python)
        for path, text in new.items():
            file = self._copy / path
            file.unlink(missing_ok=True)  # a link there is replaced, not followed
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        self._files |= new

    def _run(self, notebook: str, proposal: Proposal, *, is_later: bool) -> tuple[Outcome, Ending]:
        made = self._outcome.made
        assert made is not None  # noqa: S101 - the only caller has looked
        options = dataclasses.replace(
            self._options,
            source=str(self._copy),
            notebooks=(glob.escape(notebook),),
            as_of="today" if is_later else made.decided.recipe.as_of,
            python=None if any(path.endswith("runtime.txt") for path in self._files) else self._options.python,
        )
        found = dataclasses.replace(self._found, source=Source("directory", str(self._copy)))
        evidence = EvidenceDirectory(self._scratch / "evidence")
        progress = self._progress()
        progress.step(f"Trying a repair of {notebook}: {proposal.requirement or f'Python {proposal.python}'}")
        try:
            outcome = Conductor(options, found, evidence, progress).conduct(self._now)
            ending = next((each for each in outcome.endings if each.path == notebook), None)
            return outcome, ending or Ending(notebook, outcome.verdict, outcome.refusal)
        finally:
            progress.close()
            evidence.discard()

    def _patch(self) -> str:
        return "".join(file_diff(self._root, path, text) for path, text in sorted(self._files.items()))

    @property
    def _root(self) -> Path:
        facts = self._outcome.facts
        assert facts is not None  # noqa: S101 - the only caller has looked
        return facts.path


def _proposal(outcome: Outcome, ending: Ending) -> Proposal | None:
    """Return what to declare after this end; None where it ended for another reason than the notebook's own."""
    if ending.reproduction is None or outcome.made is None or outcome.facts is None or ending.verdict != "failed":
        return None
    try:
        published = read_notebook(outcome.facts.path / ending.path)
    except SnapshotError:
        return None
    return propose(facts_of(ending.reproduction.result, published, outcome.made.built))
