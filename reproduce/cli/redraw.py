"""Draw published figures again with other releases of matplotlib, to find the one that gives their very pixels.

The notebook is run again in a fresh environment for each release. Its record of the figure would not do: it keeps what
the figure says and not all by which it is drawn, and of large arrays a sample.
"""

from __future__ import annotations

import dataclasses
import glob
import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from builder.engines.lockfile import package_versions
from catalog.causes import Cause
from reproduce.cli.conduct import Conductor, Ending, Outcome
from reproduce.cli.evidence import EvidenceDirectory
from reproduce.cli.options import Options
from reproduce.cli.progress import Progress
from reproduce.cli.redraw_subject import Subject
from reproduce.cli.renderers import RENDERER, requirement_of
from reproduce.cli.repair import scratch_place
from reproduce.compare import Likeness, RecordedComparison, compare_recordings, likeness_of
from reproduce.recorded_figures import records_of_outputs

# The engines whose environments are made from requirements; what is given as a whole cannot have another matplotlib.
ENGINES_WITH_RELEASES = ("local", "repo2docker")
Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that a run made, and its record where it has one."""

    picture: bytes
    record: bytes | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A published figure that came out the same but for its pixels. `key`: notebook, cell and output, from 1."""

    key: Key
    published: bytes
    drawn: Drawn
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A wanted figure as one release drew it. `recorded` compares its record with that of the frozen environment."""

    key: Key
    likeness: Likeness
    recorded: RecordedComparison | None


@dataclass(frozen=True, slots=True)
class Trial:
    """One release: as asked for, and as it was taken; None with the cause where it could not be drawn with.

    `others` are further packages of which another version was taken, because the release needs or came with it.
    """

    asked: str
    version: str | None
    as_of: datetime | None
    others: tuple[str, ...]
    cause: Cause | None
    figures: tuple[Redrawn, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """The releases to try in this order, and the seconds after which no further one is begun."""

    releases: Sequence[str]
    within_s: float


class Redrawer:
    """Runs the notebooks of one subject: as frozen, then with other releases. Nothing of it is left on the disk."""

    def __init__(self, subject: Subject, *, progress: Callable[[], Progress], now: datetime) -> None:
        self._subject = subject
        self._progress = progress
        self._now = now
        self._pictures: dict[Key, tuple[bytes, Drawn]] = {}

    def frozen(self) -> tuple[Outcome, tuple[Wanted, ...]]:
        """Run the notebooks as they are; return how that ended, and the figures that are the same but for pixels."""
        outcome = self._conduct(self._subject.options)
        pictures = self._pictures
        likes = {key: likeness_of(published, drawn.picture) for key, (published, drawn) in pictures.items()}
        wanted = [
            Wanted(key, published, drawn, likes[key])
            for key, (published, drawn) in pictures.items()
            if likes[key].is_same_figure and not likes[key].is_equal
        ]
        return outcome, tuple(wanted)

    def trials(self, frozen: Outcome, wanted: Sequence[Wanted], bounds: Bounds) -> Iterator[Trial]:
        """Yield one trial a release, until each figure has been drawn with the published pixels, or time is over."""
        end = time.monotonic() + bounds.within_s
        left = list(wanted)
        for release in bounds.releases:
            if not left or time.monotonic() > end:
                return
            trial = self._trial(frozen, left, release)
            yield trial
            found = {figure.key for figure in trial.figures if figure.likeness.is_equal}
            left = [each for each in left if each.key not in found]

    def _trial(self, frozen: Outcome, wanted: Sequence[Wanted], release: str) -> Trial:
        assert frozen.made is not None  # noqa: S101 - without it nothing is wanted
        notebooks = tuple(dict.fromkeys(each.key[0] for each in wanted))
        options = dataclasses.replace(
            self._subject.options,
            notebooks=tuple(map(glob.escape, notebooks)),
            as_of=frozen.made.decided.recipe.as_of,
            instead=requirement_of(release),
        )
        outcome = self._conduct(options)
        if outcome.made is None:
            return Trial(release, None, None, (), outcome.refusal or _first_cause(outcome.endings))
        lock = outcome.made.built.lock
        before, after = package_versions(frozen.made.built.lock.text), package_versions(lock.text)
        others = sorted(name for name in {*before, *after} - {RENDERER} if before.get(name) != after.get(name))
        figures = tuple(_redrawn(each, self._pictures[each.key][1]) for each in wanted if each.key in self._pictures)
        why = None if figures else _first_cause(outcome.endings)
        return Trial(release, after.get(RENDERER), lock.as_of, tuple(others), why, figures)

    def _conduct(self, options: Options) -> Outcome:
        """Run the notebooks in a directory that goes; what they drew is kept until the next call."""
        options = dataclasses.replace(options, repeat=1)
        with tempfile.TemporaryDirectory(prefix="redraw-", dir=scratch_place()) as scratch:
            evidence, progress = EvidenceDirectory(Path(scratch) / "evidence"), self._progress()
            try:
                if options.instead:
                    progress.step(f"Drawing with {options.instead}")
                conductor = Conductor(options, self._subject.found, evidence, progress)
                outcome = conductor.conduct_on(self._subject.facts, self._now)
                self._pictures = dict(_pictures(outcome.endings))
            finally:
                progress.close()
                evidence.discard()
        if outcome.interruption is not None:
            raise outcome.interruption
        return outcome


def _first_cause(endings: Sequence[Ending]) -> Cause | None:
    return next((ending.cause for ending in endings if ending.cause is not None), None)


def _pictures(endings: Sequence[Ending]) -> Iterator[tuple[Key, tuple[bytes, Drawn]]]:
    """Yield what was published and drawn of each figure."""
    for ending in endings:
        if ending.reproduction is None or ending.reproduction.comparison is None:
            continue
        records = _records(ending)
        for cell in ending.reproduction.comparison.cells:
            for number, output in enumerate(cell.outputs, start=1):
                if output.published is not None and output.fresh is not None:
                    digest = hashlib.sha256(output.fresh).hexdigest()
                    drawn = Drawn(output.fresh, records.get((cell.index, digest)))
                    yield (ending.path, cell.index + 1, number), (output.published, drawn)


def _records(ending: Ending) -> dict[tuple[int, str], bytes]:
    """Return the records of a run by the index of the cell and the digest of the picture."""
    assert ending.reproduction is not None  # noqa: S101 - the only caller has looked
    result = ending.reproduction.result
    record_of = records_of_outputs(result, ending.reproduction.bundle)
    found = {}
    for row in result.figures:
        if row.get("output") is not None:
            record = record_of(row["cell_index"], row["output"])
            for picture in json.loads(record)["pictures"] if record else ():
                found[row["cell_index"], str(picture.get("sha256"))] = record or b""
    return found


def _redrawn(wanted: Wanted, drawn: Drawn) -> Redrawn:
    recorded = None
    if wanted.drawn.record is not None and drawn.record is not None:
        recorded = compare_recordings(wanted.drawn.record, drawn.record)
    return Redrawn(wanted.key, likeness_of(wanted.published, drawn.picture), recorded)
