"""The report: one HTML file that needs nothing else, with the figures side by side and all that the verdict rests on.

Everything shown was written by a notebook and is hostile: text is escaped by the templates, pictures (SVG too) stand in
<img> where nothing in them is run or fetched, and the file's own policy allows no script and no request.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.template import Context, Engine
from django.utils.safestring import mark_safe

from builder.environment_facts import fact_rows
from catalog.causes import FAULT_WORDS, Fault
from reproduce.compare import COMPARATOR_VERSION, NotebookComparison
from reproduce.network_words import network_words
from reproduce.report_outputs import Embedding, fired_rules, read_outputs
from reproduce.report_words import provenance_words, state_words, tone_of_verdict
from reproduce.reproduction import Reproduction
from reproduce.verdicts import MEANINGS

MAX_EMBEDDED_BYTES: Final = 40 * 2**20
_TRACEBACK_LIMIT: Final = 20_000
_TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
_STYLE: Final = (_TEMPLATES / "report" / "report.css").read_text(encoding="utf-8")
_ENGINE: Final = Engine(dirs=[str(_TEMPLATES)])


@dataclass(frozen=True, slots=True)
class ReportedNotebook:
    """A notebook of the statement; `reproduction` is None when it did not run.

    `cells` are the ids of those that were to be compared, none for all.
    """

    path: str
    reproduction: Reproduction | None
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedFile:
    """A file that is kept beside the report, with what names its content."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported: `statement` as in docs/schemas/reproduction.schema.json, its notebooks with their pictures.

    `publication` is (DOI, title) where it is known; `files` are kept beside the report.
    """

    title: str
    statement: Mapping[str, Any]
    notebooks: tuple[ReportedNotebook, ...]
    publication: tuple[str, str] | None = None
    files: tuple[ReportedFile, ...] = ()


def report_policy() -> str:
    """Return the Content-Security-Policy under which a report shows whole; a server that sends one may send this."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def render_report(report: Report) -> str:
    """Return the report as one HTML page."""
    embedding = Embedding(MAX_EMBEDDED_BYTES)
    ran = {notebook.path: notebook for notebook in report.notebooks}
    notebooks = [
        _notebook(number, said, ran.get(said["path"]), embedding)
        for number, said in enumerate(report.statement["notebooks"], start=1)
    ]
    context = {
        "title": report.title,
        "statement": report.statement,
        "publication": report.publication,
        "refusal": _cause(report.statement.get("cause")),
        "notebooks": notebooks,
        "companion": fact_rows((report.statement["environment"] or {}).get("companion", {})),
        "details": fact_rows((report.statement["environment"] or {}).get("details", {})),
        "files": report.files,
        "comparator": COMPARATOR_VERSION,
        "policy": report_policy(),
        "style": mark_safe(_STYLE),  # noqa: S308 - a file of this project
    }
    page = _ENGINE.get_template("report/report.html").render(Context(context))
    # A lone surrogate, which JSON can carry, has no form in UTF-8.
    return page.encode("utf-8", "replace").decode("utf-8")


def _notebook(
    number: int, said: Mapping[str, Any], notebook: ReportedNotebook | None, embedding: Embedding
) -> dict[str, Any]:
    reproduction = notebook.reproduction if notebook else None
    comparison = reproduction.comparison if reproduction else None
    failure = reproduction.result.failure if reproduction else None
    files = reproduction.files if reproduction else ()
    anchor = f"notebook-{number}"
    shown, rows = read_outputs(anchor, comparison, files, embedding) if comparison else ([], [])
    return {
        "anchor": anchor,
        "path": said["path"],
        "verdict": said["verdict"] or "no verdict",
        "meaning": MEANINGS.get(said["verdict"], "Nothing is proven, for or against it."),
        "tone": tone_of_verdict(said["verdict"]),
        "cause": _cause(said["cause"]),
        "run_s": said["run_s"],
        "tally": _tally(comparison),
        "traceback": failure.traceback[-_TRACEBACK_LIMIT:] if failure else "",
        "network": network_words(said.get("network"), is_open=bool((said["sandbox"] or {}).get("network"))),
        "is_compared": comparison is not None,
        "rules": fired_rules(comparison, files) if comparison else [],
        "shown": shown,
        "cells": rows,
        "chosen": ", ".join(notebook.cells) if notebook else "",
        "uncompared": [row for row in rows if not row.is_compared and not row.is_silent],
        "silent": sum(row.is_silent for row in rows),
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
