"""manage.py redraw: which release of matplotlib gives the published pixels. Arguments, words, JSON, exit code."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from builder.engines.lockfile import package_versions
from reproduce.cli.command import check_place, write_json
from reproduce.cli.conclude import exit_code
from reproduce.cli.conduct import Outcome
from reproduce.cli.exit_code import code_of_refusal
from reproduce.cli.guarded import guarded
from reproduce.cli.options import Options, add_environment_arguments, seconds
from reproduce.cli.progress import LineProgress
from reproduce.cli.redraw import ENGINES_WITH_RELEASES, Bounds, Key, Redrawer, Redrawn, Trial, Wanted
from reproduce.cli.redraw_subject import subject_of
from reproduce.cli.renderers import RENDERER, most_versions, neighbours, releases
from reproduce.cli.words import explain, plain
from reproduce.compare import Likeness
from reproduce.verdicts import EXIT_CODES

REDRAWING_SCHEMA: Final = "reprise.redrawing/1"
_MOST: Final = 4
_WITHIN_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: a source with its options, releases or how many of them, for how long, of which cell."""

    options: Options
    versions: tuple[str, ...]
    most: int
    within_s: float
    cell: int | None


@dataclass(frozen=True, slots=True)
class Redrawing:
    """All that was found: the frozen release, the figures wanted, and the trials in their order."""

    frozen: str
    wanted: tuple[Wanted, ...]
    trials: tuple[Trial, ...]

    def given_by(self, key: Key) -> str | None:
        """Return the release that gives the published pixels."""
        return next((trial.version for trial, seen in self._seen(key) if seen.likeness.is_equal), None)

    def nearest_to(self, wanted: Wanted) -> str:
        """Return the release whose picture is nearest, the frozen one where no other is nearer."""
        found = [(wanted.likeness.distance, self.frozen)]
        found += [(seen.likeness.distance, trial.version or trial.asked) for trial, seen in self._seen(wanted.key)]
        return min(found, key=lambda each: each[0])[1]

    def _seen(self, key: Key) -> list[tuple[Trial, Redrawn]]:
        return [(trial, seen) for trial in self.trials for seen in trial.figures if seen.key == key]


def add_redraw_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("source", metavar="RUN|SOURCE", help="id of a run on record, or a directory, a git address or a DOI")
    add("--notebook", action="append", default=[], metavar="PATTERN", help="only matching notebooks; repeatable")
    add("--cell", type=int, metavar="N", help="only the figures of the N-th cell")
    add("--versions", type=releases, default=(), metavar="LIST", help="releases to try in this order, as 3.7,3.6.2")
    add("--most", type=most_versions, default=_MOST, metavar="N", help=f"releases to try at most ({_MOST})")
    add("--within", type=seconds, default=_WITHIN_S, metavar="SECONDS", help="begin no further release after this time")
    add("--timeout", type=seconds, metavar="SECONDS", help="time that one notebook may take")
    add_environment_arguments(parser)
    add("--json", metavar="FILE|-", help="write what was found as JSON; - is standard output")
    add("--allow-private", action="store_true", help="fetch from private addresses too")


def read_redraw(values: dict[str, Any]) -> Asked:
    """Return the parsed arguments."""
    names = ("source", "as_of", "engine", "python", "json", "allow_private")
    options = Options(
        **{name: values[name] for name in names}, notebooks=tuple(values["notebook"]), timeout_s=values["timeout"]
    )
    return Asked(options, values["versions"], values["most"], values["within"], values["cell"])


def run_redraw(asked: Asked, *, stdout: TextIO, stderr: TextIO) -> int:
    """Redraw and return the exit code. With the JSON on standard output, nothing else is there."""
    return guarded(lambda: _redraw(asked, stdout, stderr), stderr)


def _redraw(asked: Asked, stdout: TextIO, stderr: TextIO) -> int:
    check_place(asked.options.json)
    stream = stderr if asked.options.json == "-" else stdout
    subject = subject_of(asked.options, on_log=lambda _: None)
    redrawer = Redrawer(subject, progress=lambda: LineProgress(stream), now=datetime.now(UTC))
    outcome, wanted = redrawer.frozen()
    wanted = tuple(each for each in wanted if asked.cell in (None, each.key[1]))
    if outcome.made is None or not wanted:
        return _told_without(outcome, stream, stderr)
    frozen = package_versions(outcome.made.built.lock.text).get(RENDERER)
    if frozen is None or outcome.made.built.engine not in ENGINES_WITH_RELEASES:
        stderr.write(f"The environment has no {RENDERER} of which another release could be taken.\n")
        return EXIT_CODES["failed"]
    bounds = Bounds(asked.versions or neighbours(frozen, asked.most), asked.within_s)
    trials = []
    for trial in redrawer.trials(outcome, wanted, bounds):
        trials.append(trial)
        stream.writelines(f"{plain(line)}\n" for line in lines_of(trial))
        stream.flush()
    found = Redrawing(frozen, wanted, tuple(trials))
    stream.writelines(f"{plain(_conclusion(found, each))}\n" for each in wanted)
    write_json(asked.options.json, json.dumps(as_json(found, outcome), indent=2, ensure_ascii=False) + "\n", stdout)
    return 0 if all(found.given_by(each.key) for each in wanted) else EXIT_CODES["differs"]


def _told_without(outcome: Outcome, stream: TextIO, stderr: TextIO) -> int:
    """Tell why nothing is drawn again, with the exit code that the run itself has."""
    causes = [outcome.refusal, *(ending.cause for ending in outcome.endings)]
    stderr.writelines(f"{explain(each)}\n" for each in dict.fromkeys(filter(None, causes)))
    if outcome.refusal is not None:
        return code_of_refusal(outcome.verdict, outcome.refusal)
    stream.write("No figure is the same but for its pixels, so none is drawn again.\n")
    return exit_code(outcome)


def lines_of(trial: Trial) -> list[str]:
    """Return what is told of a trial, each line with the figure that it is about."""
    if trial.version is None or not trial.figures:
        why = "the notebook shows no such picture" if trial.cause is None else trial.cause.message
        return [f"{RENDERER} {trial.version or trial.asked}: not drawn. {why}"]
    lines = []
    for seen in trial.figures:
        place = f"{RENDERER} {trial.version}, {_name(seen.key)}"
        lines.append(f"{place}: {_measured(seen.likeness)}.")
        if seen.recorded is not None and seen.recorded.state == "differs":
            lines.append(f"{place}: the figure itself is another one there. {seen.recorded.reason}")
    if trial.others:
        lines.append(f"Also of another version there, as of {trial.as_of:%Y-%m-%d}: {', '.join(trial.others)}.")
    return lines


def _measured(likeness: Likeness) -> str:
    if likeness.is_equal:
        return "the published pixels"
    word = "the same figure, not the same pixels" if likeness.is_same_figure else "another picture"
    metric = "" if likeness.metric is None else f"largest unexplained region {likeness.metric:.3g}"
    share = "another size" if likeness.share is None else f"{100 * likeness.share:.2g} % of the pixels"
    return f"{word} ({', '.join(filter(None, (metric, share)))})"


def _conclusion(found: Redrawing, wanted: Wanted) -> str:
    given, nearest = found.given_by(wanted.key), found.nearest_to(wanted)
    frozen = f"{RENDERER} {found.frozen} draws {_measured(wanted.likeness)}"
    if given is not None:
        return f"{_name(wanted.key)}: {frozen}; {RENDERER} {given} gives the published pixels."
    return f"{_name(wanted.key)}: {frozen}; none that was tried gives the published pixels, {nearest} is nearest."


def _name(key: Key) -> str:
    return f"{key[0]}, cell {key[1]}, output {key[2]}"


def as_json(found: Redrawing, outcome: Outcome) -> dict[str, Any]:
    """Return what was found as docs/schemas/redrawing.schema.json has it."""
    facts = outcome.facts
    return {
        "schema": REDRAWING_SCHEMA,
        "source": facts.source if facts else "",
        "commit": facts.commit if facts else None,
        "renderer": RENDERER,
        "version": found.frozen,
        "figures": [
            {
                **_place(each.key),
                **_likeness(each.likeness),
                "given_by": found.given_by(each.key),
                "nearest": found.nearest_to(each),
            }
            for each in found.wanted
        ],
        "trials": [_trial(trial) for trial in found.trials],
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "asked": trial.asked,
        "version": trial.version,
        "as_of": None if trial.as_of is None else trial.as_of.isoformat(),
        "others": list(trial.others),
        "cause": None if trial.cause is None else trial.cause.as_dict(),
        "figures": [
            {
                **_place(seen.key),
                **_likeness(seen.likeness),
                "recorded": None if seen.recorded is None else seen.recorded.state,
            }
            for seen in trial.figures
        ],
    }


def _place(key: Key) -> dict[str, Any]:
    return dict(zip(("notebook", "cell", "output"), key, strict=True))


def _likeness(likeness: Likeness) -> dict[str, Any]:
    return {
        "is_equal": likeness.is_equal,
        "is_same_figure": likeness.is_same_figure,
        "metric": likeness.metric,
        "share": likeness.share,
    }
