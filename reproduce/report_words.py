"""What the report says in words: states, measures, provenance, and the lines in which two texts differ. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from reproduce.compare import OutputState
from reproduce.presentation import noise_words
from reproduce.run_facts import machine_rows, variable_rows
from reproduce.runner.job import Result
from reproduce.verdicts import GOOD

_STATES: Final[dict[str, str]] = {
    "identical": "identical",
    "within_tolerance": "within tolerance",
    "differs": "differs",
    "unstable": "unstable",
    "not_compared": "not compared",
    "missing": "missing",
    "unexpected": "unexpected",
    "ignored": "ignored",
}
_TONES: Final[dict[str, str]] = {
    "identical": "ok",
    "within_tolerance": "ok",
    "differs": "differs",
    "unstable": "differs",
    "missing": "differs",
    "unexpected": "differs",
    "not_compared": "idle",
    "ignored": "idle",
}
_MOST_LINES: Final = 300
_LONGEST_LINE: Final = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text comparison."""

    kind: Literal["published", "rerun", "both"]
    text: str


def state_words(state: str) -> str:
    """Return the state of an output in words."""
    return _STATES.get(state, state)


def tone_of_state(state: OutputState) -> str:
    """Return the tone (a class of the style) of an output's state."""
    return _TONES[state]


def tone_of_verdict(verdict: str | None) -> str:
    """Return the tone of a verdict; none is idle."""
    if verdict is None:
        return "idle"
    if verdict in GOOD:
        return "ok"
    return "differs" if verdict == "differs" else "failed"


def first_line(source: str) -> str:
    """Return the first line of a cell that says anything."""
    return next((line.strip() for line in source.splitlines() if line.strip()), "")[:100]


def measured_words(
    metric: Mapping[str, Any] | None, tolerance: Mapping[str, Any] | None, noise: Mapping[str, Any] | None = None
) -> str:
    """Return what was measured, against what, and how far our own runs are apart, in one line."""
    parts = []
    if metric:
        rest = {name: value for name, value in metric.items() if name not in ("name", "value")}
        name = str(metric.get("name", "")).replace("_", " ")
        found = f"{name} {_value(metric.get('value'))}" if name else ""
        parts.append("Measured: " + "; ".join(filter(None, (found, _pairs(rest)))))
    if tolerance:
        parts.append("Tolerance: " + _pairs(tolerance))
    if noise:
        words = noise_words(noise)
        parts.append(words[:1].upper() + words[1:])
    return ". ".join(parts) + ("." if parts else "")


def provenance_words(
    result: Result, parameters: Mapping[str, Any], runs: Sequence[Mapping[str, Any]] = ()
) -> list[tuple[str, str]]:
    """Return how a notebook was run, as pairs of a name and a value; `runs` are the ends of one that was run again."""
    sandbox = result.sandbox
    kind = "none: the notebook ran with the rights of whoever started it" if sandbox.get("kind") == "none" else (
        f"{sandbox.get('kind', 'unknown')} {sandbox.get('version', '')}".strip()
    )  # fmt: skip
    rows = [
        ("Started", result.started_at),
        ("Ended", result.ended_at),
        ("Cells run", f"{result.cells_done} of {result.cells_total}"),
        ("Sandbox", kind),
        ("Network", "could be used" if sandbox.get("network") else "none but the sandbox's own loopback"),
        ("Parameters", _pairs(parameters) or "none set"),
    ]
    if runs:
        ends = ", ".join(f"{end['status']} ({_value(end['run_s'])} s)" for end in runs)
        rows.append(("Runs", f"{len(runs)}, to see what comes out the same each time: {ends}"))
    limits = sandbox.get("limits") or {}
    rows += [
        (f"Limit: {name}", str(limit.get("value"))) for name, limit in limits.items() if isinstance(limit, Mapping)
    ]
    if result.peak_memory_bytes is not None:
        rows.append(("Most memory", f"{result.peak_memory_bytes / 2**20:.0f} MiB"))
    for one in result.data:
        how = ", ".join(f"{name} {count}" for name, count in one["checked"].items() if count) or "nothing"
        said = f"{one['files']} files, {one['bytes']} bytes, at {one['at']}; checked by {how} on {one['checked_at']}"
        rows.append((f"Data: {one['dataset']}", f"{said}; SHA-256 of the list {one['manifest_sha256']}"))
    rows += [
        (f"Wrote {file['path']}", f"{file['size_bytes']} bytes, SHA-256 {file['sha256'] or 'not read'}")
        for file in result.written.get("files", ())
    ]
    rows += [(f"Machine: {name}", value) for name, value in machine_rows(result.machine)]
    rows += [(f"Variable: {name}", value) for name, value in variable_rows(result.variables)]
    words = {"notebook": "the notebook", "executed": "the executed notebook", "outputs": "its outputs"}
    rows += [
        (f"SHA-256 of {words.get(name, name)}", digest)
        for name, digest in result.digests.items()
        if not name.startswith("files/")
    ]
    return rows


def text_difference(published: str | None, rerun: str | None) -> tuple[Line, ...]:
    """Return the lines in which two texts differ, with three lines around each; empty when there is nothing to show."""
    if published == rerun:
        return ()
    one, other = _lines(published), _lines(rerun)
    found: list[Line] = []
    for line in difflib.unified_diff(one, other, n=3, lineterm=""):
        if line.startswith(("---", "+++")) and not found:
            continue
        if line.startswith("@@"):
            found.append(Line("both", "⋯"))
        elif line.startswith("-"):
            found.append(Line("published", f"− {line[1:]}"))
        elif line.startswith("+"):
            found.append(Line("rerun", f"+ {line[1:]}"))
        else:
            found.append(Line("both", f"  {line[1:]}"))
    return tuple(found)


def _lines(text: str | None) -> list[str]:
    lines = (text or "").splitlines()
    cut = [line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + "…" for line in lines[:_MOST_LINES]]
    return [*cut, "…"] if len(lines) > _MOST_LINES else cut


def _pairs(mapping: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in mapping.items() if value is not None)


def _value(value: object) -> str:
    if value is None:
        return "not a number"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
