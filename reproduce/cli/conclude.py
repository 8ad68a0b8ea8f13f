"""From an outcome to what is left of it: the statement, the evidence, the table of verdicts, the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from reproduce.cli.conduct import Ending, Outcome
from reproduce.cli.crate import describe_evidence, evidence_files, write_zip
from reproduce.cli.evidence import BUILD_LOG, REPORT, STATEMENT, EvidenceDirectory
from reproduce.cli.exit_code import code_of, code_of_refusal, worst
from reproduce.cli.interruption import exit_code_of
from reproduce.cli.options import Options
from reproduce.cli.source import Found
from reproduce.cli.words import Line
from reproduce.report import Report, ReportedFile, ReportedNotebook, render_report
from reproduce.report_pdf import PrintError
from reproduce.statement import environment_json, notebook_json, reproduction_json, statement_text


def state(outcome: Outcome, found: Found, endings: Iterable[Ending] | None = None) -> dict[str, Any]:
    """Return the public JSON of all notebooks, or of those given."""
    facts, made = outcome.facts, outcome.made
    return reproduction_json(
        source=str(found.source),
        commit=facts.commit if facts else None,
        swhid=facts.swhid if facts else None,
        why=outcome.refusal,
        environment=environment_json(made.built, made.approximations, made.decided.reasons) if made else None,
        notebooks=[_notebook(ending) for ending in (outcome.endings if endings is None else endings)],
    )


def write_evidence(outcome: Outcome, found: Found, evidence: EvidenceDirectory, log_text: str) -> dict[str, Any]:
    """Write everything but what was kept as the notebooks ran; return the statement."""
    for ending in outcome.endings:
        if ending.reproduction is not None:
            evidence.write_verdict(ending.path, statement_text(state(outcome, found, [ending])))
            if ending.reproduction.comparison is not None:
                evidence.keep_pictures(ending.path, ending.reproduction.comparison)
    if outcome.made is not None:
        evidence.write_environment(outcome.made.built)
    if outcome.facts is not None:
        for ending in outcome.endings:
            if ending.is_asked:
                evidence.keep_published(ending.path, outcome.facts.path / ending.path)
    statement = state(outcome, found)
    evidence.write(BUILD_LOG, log_text)
    evidence.write(STATEMENT, statement_text(statement))
    notebooks = tuple(ReportedNotebook(ending.path, ending.reproduction) for ending in outcome.endings)
    files = tuple(ReportedFile(file.name, file.sha256, file.size_bytes) for file in evidence_files(evidence))
    evidence.write(REPORT, render_report(Report(f"Reproduction of {found.name}", statement, notebooks, files=files)))
    return statement


def finish_evidence(
    options: Options, outcome: Outcome, found: Found, evidence: EvidenceDirectory, statement: dict[str, Any]
) -> list[str]:
    """Print the report if that was asked for, describe all as a crate, put it in place; return what was not done."""
    undone = []
    if options.pdf:
        try:
            evidence.print_report(wanted=settings.REPRISE_CHROMIUM)
        except PrintError as error:
            undone.append(str(error))
    describe_evidence(outcome, found, evidence, statement["environment"])
    if options.crate is not None and not write_zip(options.crate, evidence):
        undone.append(f"{options.crate} was not written: there is no notebook that a crate could tell of.")
    evidence.publish()
    return undone


def lines(outcome: Outcome) -> list[Line]:
    """Return the rows of the table of verdicts."""
    return [_line(ending) for ending in outcome.endings]


def exit_code(outcome: Outcome) -> int:
    """Return the exit code of the command."""
    if outcome.interruption is not None:
        return exit_code_of(outcome.interruption)
    if outcome.refusal is not None:
        return code_of_refusal(outcome.verdict, outcome.refusal)
    return worst(code_of(ending.verdict, ending.cause) for ending in outcome.endings if ending.is_asked)


def _notebook(ending: Ending) -> dict[str, Any]:
    reproduction = ending.reproduction
    return notebook_json(
        ending.path,
        verdict=ending.verdict,
        cause=ending.cause,
        result=reproduction.result if reproduction else None,
        comparison=reproduction.comparison if reproduction else None,
        parameters=dict(ending.parameters),
        files=reproduction.files if reproduction else (),
        runs=reproduction.runs if reproduction else (),
    )


def _line(ending: Ending) -> Line:
    result = ending.reproduction.result if ending.reproduction else None
    return Line(
        path=ending.path,
        verdict=ending.verdict,
        cells_done=result.cells_done if result else 0,
        cells_total=result.cells_total if result else 0,
        run_s=result.run_s if result else None,
        cause=ending.cause,
    )
