"""Repair the notebooks of one call: each trial is a call of its own, in a copy of the source."""

from __future__ import annotations

import dataclasses
import glob
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings

from builder.engines.release_list import Release
from builder.installed_engines import releases_here
from builder.snapshot.source import Source
from reproduce.cli.conduct import Conductor, Outcome
from reproduce.cli.evidence import EvidenceDirectory
from reproduce.cli.options import Options
from reproduce.cli.progress import Progress
from reproduce.cli.source import Found
from reproduce.repair.repairing import AsOfTrial, Failed, Repair, Tried, repair_notebook
from reproduce.repair.trial_copy import TrialCopy


def repair_failed(
    outcome: Outcome, options: Options, found: Found, *, progress: Callable[[], Progress], now: datetime
) -> Iterator[Repair]:
    """Yield a repair for each failed notebook that has one: with its patch the notebook ran to its end.

    `progress` makes one for each trial.
    """
    made, facts = outcome.made, outcome.facts
    if made is None or facts is None:
        return
    with tempfile.TemporaryDirectory(prefix="repairs-", dir=scratch_place()) as place:
        scratch = Path(place)
        trials = _Calls(options, found, scratch, progress, now)
        for ending in outcome.endings:
            if ending.verdict == "failed":
                tried = Tried(ending.reproduction, made.built)
                failed = Failed(facts.path, ending.path, made.decided.recipe, tried)
                if repair := repair_notebook(failed, trials, scratch=scratch, name=found.name, now=now):
                    yield repair


def scratch_place() -> Path:
    """Return the directory in which trials are made, made where it is missing."""
    place = Path(settings.REPRISE_DATA) / "scratch"
    place.mkdir(parents=True, exist_ok=True)
    return place


class _Calls:
    """Trials by the command line's own means."""

    def __init__(
        self, options: Options, found: Found, scratch: Path, progress: Callable[[], Progress], now: datetime
    ) -> None:
        self._options = options
        self._found = found
        self._scratch = scratch
        self._progress = progress
        self._now = now

    def run(self, copy: TrialCopy, notebook: str, as_of: AsOfTrial, *, step: str) -> Tried:
        """Reproduce the notebook of the copy. Raises KeyboardInterrupt."""
        return self._call(self._options, copy, notebook, as_of, step)

    def probe(self, copy: TrialCopy, notebook: str, as_of: AsOfTrial, *, step: str) -> Tried:
        """Run a notebook of ours in the copy. Raises KeyboardInterrupt."""
        options = dataclasses.replace(self._options, parameters=(), data=(), output_files=(), repeat=1)
        return self._call(options, copy, notebook, as_of, step)

    def releases(self, project: str, python: str) -> Sequence[Release]:
        """Return what the index of this installation has. Raises BuildError."""
        return releases_here(project, python=python)

    def _call(self, options: Options, copy: TrialCopy, notebook: str, as_of: AsOfTrial, step: str) -> Tried:
        options = dataclasses.replace(
            options,
            source=str(copy.place),
            notebooks=(glob.escape(notebook),),
            as_of=as_of,
            python=None if copy.has_python else options.python,
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
        return Tried(ending.reproduction if ending else None, outcome.made.built if outcome.made else None)
