"""The ladder: how far a target came, rung by rung, each with its date and the digests that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from reproduce.compare.outputs import IMAGES
from reproduce.verdicts import GOOD

Rung = Literal["registered", "builds", "runs", "outputs", "figures", "today"]

RUNGS: Final[tuple[Rung, ...]] = ("registered", "builds", "runs", "outputs", "figures", "today")
WORDS: Final[dict[Rung, str]] = {
    "registered": "Registered",
    "builds": "Builds",
    "runs": "Runs",
    "outputs": "Outputs reproduced",
    "figures": "Figures reproduced",
    "today": "Reproduced from the frozen and from today's environment",
}
MEANINGS: Final[dict[Rung, str]] = {
    "registered": "The publication, its repository and the target are on record.",
    "builds": "Its environment was made from a lock.",
    "runs": "Every cell of the notebook ran as published.",
    "outputs": "Every output that was compared agrees with the published one, and none differs from run to run.",
    "figures": "Among them is at least one published figure of the target.",
    "today": "The same outputs also agree in an environment resolved as of today.",
}
_RAN_THROUGH: Final = frozenset({"identical", "reproduced", "differs"})
_AGREES: Final = frozenset({"identical", "within_tolerance"})


@dataclass(frozen=True, slots=True)
class Digest:
    """The SHA-256 of a named thing, or for `algorithm` "swhid" its Software Heritage identifier."""

    name: str
    value: str
    algorithm: str = "sha256"


@dataclass(frozen=True, slots=True)
class Step:
    """A rung that was reached."""

    rung: Rung
    at: datetime
    digests: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class TodayRun:
    """A good run of the same snapshot in an environment as of the day it ran, with the same outputs compared."""

    at: datetime
    digests: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class Climb:
    """What the ladder is told of a run on record."""

    verdict: str
    registered_at: datetime
    ended_at: datetime
    swhid: str
    cells: Sequence[str]
    comparison: Mapping[str, Any] | None = None
    artefacts: Mapping[str, Mapping[str, Any]] | None = None
    built_at: datetime | None = None
    lock_sha256: str = ""
    today: TodayRun | None = None


def climb(facts: Climb) -> list[Step]:
    """Return the rungs that were reached, lowest first, without a gap.

    A run that was not compared stands no higher than its environment. "today" needs the run itself to be in a frozen
    environment, which is what the caller's `today` says.
    """
    steps = [Step("registered", facts.registered_at, (Digest("source", facts.swhid, "swhid"),) if facts.swhid else ())]
    if facts.built_at is None:
        return steps
    steps.append(Step("builds", facts.built_at, (Digest("pylock.toml", facts.lock_sha256),)))
    if facts.verdict not in _RAN_THROUGH or facts.comparison is None:
        return steps
    steps.append(Step("runs", facts.ended_at, _digests(facts, ["executed.ipynb"])))
    if facts.verdict not in GOOD or not _is_stable(facts.comparison):
        return steps
    steps.append(Step("outputs", facts.ended_at, _digests(facts, ["verdict.json"])))
    figures = list(_figures(facts.comparison, facts.cells))
    if not figures:
        return steps
    pictures = [name for figure in figures for name in (figure.get("published"), figure.get("fresh")) if name]
    steps.append(Step("figures", facts.ended_at, _digests(facts, sorted(set(pictures)))))
    if facts.today is not None:
        steps.append(Step("today", facts.today.at, facts.today.digests))
    return steps


def is_lower(rung: str, other: str) -> bool:
    """Tell whether `rung` stands below `other`."""
    order: tuple[str, ...] = RUNGS
    return order.index(rung) < order.index(other)


def compared_outputs(comparison: Mapping[str, Any]) -> list[tuple[object, ...]]:
    """Return what was compared, and with which tolerance: equal lists mean that two runs were held to the same."""
    return [
        (cell["id"], output["mime"], sorted((output["tolerance"] or {}).items()), output["state"] == "not_compared")
        for cell in comparison.get("cells", ())
        for output in cell["outputs"]
    ] + [(file["path"], sorted((file["tolerance"] or {}).items())) for file in comparison.get("files", ())]


def _is_stable(comparison: Mapping[str, Any]) -> bool:
    """Tell whether no output differs between runs of ours: one that does is placed, which is less than to agree."""
    outputs = [output for cell in comparison.get("cells", ()) for output in cell["outputs"]]
    return all(output["state"] != "unstable" for output in (*outputs, *comparison.get("files", ())))


def _figures(comparison: Mapping[str, Any], cells: Sequence[str]) -> list[Mapping[str, Any]]:
    found = [
        output for cell in comparison.get("cells", ()) if not cells or cell["id"] in cells for output in cell["outputs"]
    ]
    found += [file for file in comparison.get("files", ()) if file.get("is_claimed")]
    return [output for output in found if output["mime"] in IMAGES and output["state"] in _AGREES]


def _digests(facts: Climb, names: Sequence[str]) -> tuple[Digest, ...]:
    kept = facts.artefacts or {}
    return tuple(Digest(name, str(kept[name]["sha256"])) for name in names if name in kept)
