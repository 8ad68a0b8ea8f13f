"""What pages show of a run and its comparison: words, pairs of figures, rows of cells, dots of a history. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reproduce.compare.recorded_words import share

Tone = str  # one of: ok, differs, failed, running, idle; the stylesheet knows these five

VERDICT_TONES: Final[Mapping[str, Tone]] = {
    "identical": "ok",
    "reproduced": "ok",
    "differs": "differs",
    "failed": "failed",
    "unbuildable": "failed",
    "unavailable": "failed",
}
VERDICT_SENTENCES: Final[Mapping[str, str]] = {
    "identical": "Every compared output came out equal.",
    "reproduced": "Every compared output came out within the declared tolerance.",
    "differs": "The notebook ran, and some outputs are outside the tolerance.",
    "failed": "The notebook did not run to its end.",
    "unbuildable": "The environment the notebook was written for could not be made.",
    "unavailable": "The repository or its data could not be had.",
}
NO_VERDICT: Final = "Nothing has been proven yet."

STATE_TONES: Final[Mapping[str, Tone]] = {
    "identical": "ok",
    "within_tolerance": "ok",
    "differs": "differs",
    "unstable": "differs",
    "missing": "failed",
    "unexpected": "differs",
    "not_compared": "idle",
    "ignored": "idle",
}
STATE_WORDS: Final[Mapping[str, str]] = {
    "identical": "identical",
    "within_tolerance": "within tolerance",
    "differs": "differs",
    "unstable": "unstable",
    "missing": "missing",
    "unexpected": "unexpected",
    "not_compared": "not compared",
    "ignored": "ignored",
}
_ORDER: Final = (
    *("differs", "missing", "unexpected", "unstable"),
    *("within_tolerance", "identical", "not_compared", "ignored"),
)
_MOST_VALUES: Final = 8
_LONGEST_VALUE: Final = 60
_IMAGE_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".svg", ".gif")


@dataclass(frozen=True, slots=True)
class FigurePair:
    """One compared picture: names of artefacts, None where that side has none. `number` counts from 1 on the page."""

    number: int
    cell: int
    state: str
    reason: str
    metric: str
    published: str | None
    fresh: str | None
    difference: str | None

    @property
    def has_both(self) -> bool:
        return self.published is not None and self.fresh is not None


@dataclass(frozen=True, slots=True)
class OutputRow:
    """One output as the cell table shows it."""

    mime: str
    state: str
    reason: str
    metric: str
    published_text: str | None
    fresh_text: str | None

    @property
    def has_texts(self) -> bool:
        return self.state not in {"identical", "ignored"} and bool(self.published_text or self.fresh_text)


@dataclass(frozen=True, slots=True)
class CellRow:
    """One code cell as the cell table shows it; `number` is its place in the notebook, from 1.

    `notes` say how what was published came about.
    """

    number: int
    state: str
    source_line: str
    outputs: tuple[OutputRow, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """One run in a row of outcomes. `label` is its accessible name."""

    url: str
    tone: Tone
    word: str
    label: str
    at: datetime | None


def figure_pairs(comparison: Mapping[str, Any] | None, cells: Iterable[str] = ()) -> tuple[FigurePair, ...]:
    """Return the compared pictures, those of the target's own `cells` alone if it names any, the worst first."""
    wanted = frozenset(cells)
    found = [
        (cell, output)
        for cell in _cells(comparison)
        if not wanted or cell.get("id") in wanted
        for output in cell.get("outputs", ())
        if is_image(output.get("published")) or is_image(output.get("fresh"))
    ]
    found.sort(key=lambda pair: _rank(str(pair[1].get("state"))))
    return tuple(
        FigurePair(
            number=number,
            cell=int(cell.get("index", 0)) + 1,
            state=str(output.get("state", "not_compared")),
            reason=str(output.get("reason") or ""),
            metric=measured_words(output),
            published=output.get("published") if is_image(output.get("published")) else None,
            fresh=output.get("fresh") if is_image(output.get("fresh")) else None,
            difference=output.get("difference"),
        )
        for number, (cell, output) in enumerate(found, start=1)
    )


def cell_rows(comparison: Mapping[str, Any] | None) -> tuple[CellRow, ...]:
    """Return the cells that have outputs on either side, or notes, in the order of the notebook."""
    return tuple(
        CellRow(
            number=int(cell.get("index", 0)) + 1,
            state=str(cell.get("state", "not_compared")),
            source_line=str(cell.get("source_line") or ""),
            outputs=tuple(_output_row(output) for output in cell.get("outputs", ())),
            notes=tuple(cell.get("notes", ())),
        )
        for cell in _cells(comparison)
        if cell.get("outputs") or cell.get("notes")
    )


def counted_states(comparison: Mapping[str, Any] | None) -> tuple[tuple[str, int], ...]:
    """Return how many outputs are in each state, the worst first, without empty ones."""
    counts = comparison.get("counts", {}) if comparison else {}
    return tuple((state, int(counts[state])) for state in _ORDER if counts.get(state))


def hero_figure(comparison: Mapping[str, Any] | None, cells: Iterable[str] = ()) -> str | None:
    """Return the artefact that stands for a run in a list: its re-run picture, else the published one."""
    pairs = figure_pairs(comparison, cells)
    named = [name for pair in pairs for name in (pair.fresh, pair.published) if name is not None]
    return named[0] if named else None


def measured_words(output: Mapping[str, Any]) -> str:
    """Say what was measured of an output, and how far our own runs of it are apart, where they are."""
    parts = (metric_words(output.get("metric"), output.get("tolerance")), noise_words(output.get("noise")))
    return "; ".join(part for part in parts if part)


def noise_words(noise: Mapping[str, Any] | None) -> str:
    """Say how far our own runs are apart: "noise of 2 runs: largest relative spread 0.0079"."""
    if not noise:
        return ""
    floor = noise.get("floor") or {}
    name = str(floor.get("name") or "").replace("_", " ")
    said = f"{name} {number_words(floor.get('value'))}" if name else "not measured"
    return "; ".join(filter(None, (f"noise of {noise.get('runs')} runs: {said}", _figure_words(noise.get("figure")))))


def _figure_words(figure: Mapping[str, Any] | None) -> str:
    """Say what changes most in a recorded figure: "most of the red line “model” in axes 1, by 1.8 % of an axis"."""
    if not figure:
        return ""
    if figure.get("is_same"):
        return "the figure holds the same each time"
    changes = figure.get("changes") or ()
    if not changes or changes[0].get("deviation") is None:
        return ""
    place = f" in axes {changes[0]['axes']}" if changes[0].get("axes") else ""
    artist = changes[0].get("artist") or changes[0]["what"]
    return f"most changes {artist}{place}, by {share(changes[0]['deviation'])} of the axis"


def metric_words(metric: Mapping[str, Any] | None, tolerance: Mapping[str, Any] | None) -> str:
    """Say a metric with its value and, where there is one, what was allowed: "pixel difference 0.12 (allowed 0.5)"."""
    if not metric:
        return ""
    name = str(metric.get("name") or metric.get("metric") or "value").replace("_", " ")
    said = f"{name} {number_words(metric.get('value'))}"
    allowed = [f"{key} {number_words(value)}" for key, value in (tolerance or {}).items() if value is not None]
    return f"{said} (allowed: {', '.join(allowed)})" if allowed else said


def number_words(value: object) -> str:
    """Write a number with three significant digits, anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "unknown" if value is None else str(value)
    return f"{value:.3g}"


def tone_of_run(state: str, verdict: str | None) -> Tone:
    """Return the tone of a run: that of its verdict, running while it is under way, idle without a verdict."""
    if verdict is not None:
        return VERDICT_TONES.get(verdict, "idle")
    return "idle" if state in {"done", "cancelled"} else "running"


def word_of_run(state: str, verdict: str | None, *, is_derived: bool = False) -> str:
    """Return what a run came to in a word or two; of a derived analysis there is no verdict."""
    if verdict is not None:
        return verdict
    if is_derived and state == "done":
        return "derived"
    return {"done": "no verdict", "cancelled": "cancelled", "queued": "waiting"}.get(state, state)


def values_words(values: Mapping[str, Any]) -> str:
    """Say which values were set: "q_max = 0.5, sample = “b”"; long ones are cut."""
    said = [f"{name} = {_value_words(value)}" for name, value in values.items()]
    return ", ".join(said[:_MOST_VALUES]) + (
        f" and {len(said) - _MOST_VALUES} more" if len(said) > _MOST_VALUES else ""
    )


def _value_words(value: object) -> str:
    text = f"“{value}”" if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _cells(comparison: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return list(comparison.get("cells", ())) if comparison else []


def _rank(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else len(_ORDER)


def is_image(name: object) -> bool:
    return isinstance(name, str) and name.endswith(_IMAGE_SUFFIXES)


def _output_row(output: Mapping[str, Any]) -> OutputRow:
    return OutputRow(
        mime=str(output.get("mime") or ""),
        state=str(output.get("state", "not_compared")),
        reason=str(output.get("reason") or ""),
        metric=measured_words(output),
        published_text=output.get("published_text"),
        fresh_text=output.get("fresh_text"),
    )
