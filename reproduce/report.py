"""The report: one HTML file that needs nothing else, with the figures side by side and all that the verdict rests on.

Everything shown was written by a notebook and is hostile: text is escaped by the templates, pictures (SVG too) stand in
<img> where nothing in them is run or fetched, and the file's own policy allows no script and no request.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.template import Context, Engine
from django.utils.safestring import mark_safe

from builder.environment_facts import fact_rows
from catalog.causes import FAULT_WORDS, Fault
from reproduce.compare import CellComparison, FileComparison, NotebookComparison, OutputComparison
from reproduce.network_words import network_words
from reproduce.picture import media_type_of
from reproduce.report_words import (
    Line,
    first_line,
    measured_words,
    provenance_words,
    state_words,
    text_difference,
    tone_of_state,
    tone_of_verdict,
)
from reproduce.reproduction import Reproduction

MAX_EMBEDDED_BYTES: Final = 40 * 2**20
_TRACEBACK_LIMIT: Final = 20_000
_TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
_STYLE: Final = (_TEMPLATES / "report" / "report.css").read_text(encoding="utf-8")
_ENGINE: Final = Engine(dirs=[str(_TEMPLATES)])


@dataclass(frozen=True, slots=True)
class ReportedNotebook:
    """A notebook of the statement; `reproduction` is None when it did not run."""

    path: str
    reproduction: Reproduction | None


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported: `statement` as in docs/schemas/reproduction.schema.json, its notebooks with their pictures."""

    title: str
    statement: Mapping[str, Any]
    notebooks: tuple[ReportedNotebook, ...]


@dataclass(frozen=True, slots=True)
class _Picture:
    caption: str
    address: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class _Output:
    name: str
    state: str
    tone: str
    reason: str
    measured: str
    pictures: tuple[_Picture, ...]
    difference: tuple[Line, ...]


def report_policy() -> str:
    """Return the Content-Security-Policy under which a report shows whole; a server that sends one may send this."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def render_report(report: Report) -> str:
    """Return the report as one HTML page."""
    embedding = _Embedding()
    ran = {notebook.path: notebook.reproduction for notebook in report.notebooks}
    notebooks = [
        _notebook(number, said, ran.get(said["path"]), embedding)
        for number, said in enumerate(report.statement["notebooks"], start=1)
    ]
    context = {
        "title": report.title,
        "statement": report.statement,
        "refusal": _cause(report.statement.get("cause")),
        "notebooks": notebooks,
        "companion": fact_rows((report.statement["environment"] or {}).get("companion", {})),
        "details": fact_rows((report.statement["environment"] or {}).get("details", {})),
        "policy": report_policy(),
        "style": mark_safe(_STYLE),  # noqa: S308 - a file of this project
    }
    page = _ENGINE.get_template("report/report.html").render(Context(context))
    # A lone surrogate, which JSON can carry, has no form in UTF-8.
    return page.encode("utf-8", "replace").decode("utf-8")


class _Embedding:
    """Turns pictures into data addresses until the report would be too large to open."""

    def __init__(self) -> None:
        self._left = MAX_EMBEDDED_BYTES

    def picture(self, caption: str, data: bytes) -> _Picture:
        kind = media_type_of(data)
        if kind == "application/pdf":
            return _Picture(caption, "", "A PDF is not shown here; it is kept beside this report.")
        if len(data) > self._left:
            return _Picture(caption, "", "Left out, because the report would be too large; it is kept beside it.")
        self._left -= len(data)
        return _Picture(caption, f"data:{kind};base64,{base64.b64encode(data).decode()}")


def _notebook(
    number: int, said: Mapping[str, Any], reproduction: Reproduction | None, embedding: _Embedding
) -> dict[str, Any]:
    comparison = reproduction.comparison if reproduction else None
    failure = reproduction.result.failure if reproduction else None
    files = reproduction.files if reproduction else ()
    return {
        "anchor": f"notebook-{number}",
        "path": said["path"],
        "verdict": said["verdict"] or "no verdict",
        "tone": tone_of_verdict(said["verdict"]),
        "cause": _cause(said["cause"]),
        "run_s": said["run_s"],
        "tally": _tally(comparison),
        "traceback": failure.traceback[-_TRACEBACK_LIMIT:] if failure else "",
        "network": network_words(said.get("network"), is_open=bool((said["sandbox"] or {}).get("network"))),
        "shown": [*_shown(comparison, embedding), *_shown_files(files, embedding)] if comparison else [],
        "cells": [*_rows(comparison), *_file_rows(files)] if comparison else [],
        "provenance": provenance_words(reproduction.result, said["parameters"], reproduction.runs)
        if reproduction
        else [],
    }


def _cause(said: Mapping[str, str] | None) -> dict[str, str] | None:
    if said is None:
        return None
    words: Mapping[Fault, str] = FAULT_WORDS
    return {
        **said,
        "fault_words": next((text for fault, text in words.items() if fault == said["fault"]), said["fault"]),
    }


def _tally(comparison: NotebookComparison | None) -> str:
    if comparison is None:
        return ""
    return ", ".join(f"{count} {state_words(state)}" for state, count in comparison.counts.items() if count)


def _shown(comparison: NotebookComparison, embedding: _Embedding) -> Iterator[_Output]:
    """What is worth looking at: every pair of pictures, and every text that is not as published."""
    for cell in comparison.cells:
        for number, output in enumerate(cell.outputs, start=1):
            pictures = tuple(_pictures(output, embedding))
            difference = (
                () if output.state == "identical" else text_difference(output.published_text, output.fresh_text)
            )
            if pictures or difference:
                yield _Output(
                    name=_name(cell, number),
                    state=state_words(output.state),
                    tone=tone_of_state(output.state),
                    reason=output.reason,
                    measured=measured_words(output.metric, output.tolerance, output.noise),
                    pictures=pictures,
                    difference=difference,
                )


def _shown_files(files: tuple[FileComparison, ...], embedding: _Embedding) -> Iterator[_Output]:
    """Output files of which there is a picture or a text that is not as published."""
    for file in files:
        outcome = file.outcome
        pictures = tuple(_pictures(outcome, embedding))
        texts = () if outcome.state == "identical" else text_difference(outcome.published_text, outcome.fresh_text)
        if pictures or texts:
            yield _Output(
                name=file.path,
                state=state_words(outcome.state),
                tone=tone_of_state(outcome.state),
                reason=outcome.reason,
                measured=measured_words(outcome.metric, outcome.tolerance, outcome.noise),
                pictures=pictures,
                difference=texts,
            )


def _name(cell: CellComparison, number: int) -> str:
    name = f"Cell {cell.index + 1}"
    return f"{name}, output {number}" if len(cell.outputs) > 1 else name


def _pictures(output: OutputComparison, embedding: _Embedding) -> Iterator[_Picture]:
    if output.published is not None:
        yield embedding.picture("Published", output.published)
    if output.fresh is not None:
        yield embedding.picture("Re-run", output.fresh)
    if output.difference_png is not None:
        yield embedding.picture("Difference map", output.difference_png)


def _rows(comparison: NotebookComparison) -> Iterator[dict[str, Any]]:
    for cell in comparison.cells:
        common = {"number": cell.index + 1, "source": first_line(cell.source), "notes": cell.notes}
        if not cell.outputs:
            yield {**common, "mime": "none", "state": "nothing to compare", "tone": "idle", "reason": ""}
        for output in cell.outputs:
            yield {
                **common,
                "mime": output.mime.removeprefix("application/vnd.jupyter."),
                "state": state_words(output.state),
                "tone": tone_of_state(output.state),
                "reason": output.reason,
            }


def _file_rows(files: tuple[FileComparison, ...]) -> Iterator[dict[str, Any]]:
    for file in files:
        yield {
            "number": "file",
            "source": file.path,
            "mime": file.outcome.mime,
            "state": state_words(file.outcome.state),
            "tone": tone_of_state(file.outcome.state),
            "reason": file.outcome.reason,
        }
