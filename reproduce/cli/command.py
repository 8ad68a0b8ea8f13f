"""One call of the command line, from options to exit code. Nothing but the exit code and the files is left of it."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from builder.engines.whole_files import write_whole
from catalog.causes import CausedError
from catalog.data_places import check_apart
from reproduce.cli.conclude import exit_code, finish_evidence, lines, write_evidence
from reproduce.cli.conduct import Conductor, Outcome
from reproduce.cli.environment import check_date
from reproduce.cli.evidence import INTERNAL_ERROR, REPAIR, REPORT, EvidenceDirectory
from reproduce.cli.exit_code import code_of_refusal
from reproduce.cli.guarded import tell_fault
from reproduce.cli.interruption import exit_code_of, signals_as_interruptions
from reproduce.cli.options import Options
from reproduce.cli.progress import LineProgress, LiveProgress, Progress
from reproduce.cli.repair import repair_failed
from reproduce.cli.source import Found, find_source
from reproduce.cli.words import explain, plain, verdict_table, verdict_word
from reproduce.errors import RunError
from reproduce.refusal import verdict_of
from reproduce.repair.repairing import Repair
from reproduce.statement import statement_text
from reproduce.verdicts import EXIT_SERVICE, EXIT_USAGE

_DEFAULT_OUT: Final = "reprise-evidence"


def run_command(options: Options, *, stdout: TextIO, stderr: TextIO) -> int:
    """Do what was asked for and return the exit code. Never raises: every end is told on a line of its own."""
    # With the JSON on standard output, nothing else may be there.
    stream = stderr if options.json == "-" else stdout
    evidence: EvidenceDirectory | None = None
    try:
        with signals_as_interruptions():
            check_place(options.json)
            check_place(options.crate)
            check_apart([at for at, _ in options.data])
            found = find_source(options.source, allow_private=options.allow_private)
            check_date(options, found)
            evidence = EvidenceDirectory(options.out or Path(_DEFAULT_OUT) / found.name)
            now = datetime.now(UTC)
            progress = _progress(stream)
            conductor = Conductor(options, found, evidence, progress)
            try:
                outcome = conductor.conduct(now)
            finally:
                progress.close()
            code = exit_code(outcome)
            if code == EXIT_USAGE:
                _tell_refusal(outcome, stderr)
                return code
            repairs, interruption = _repaired(outcome, options, found, evidence, stream, now)
            if interruption is not None:
                outcome = replace(outcome, interruption=interruption)
                code = exit_code(outcome)
            statement = write_evidence(outcome, found, evidence, conductor.log_text)
            undone = finish_evidence(options, outcome, found, evidence, statement)
            write_json(options.json, statement_text(statement), stdout)
            _tell(outcome, evidence, stream, stderr)
            _tell_repairs(repairs, evidence, stream)
            stderr.writelines(f"{line}\n" for line in undone)
            return code
    except CausedError as error:
        stderr.write(explain(error.cause) + "\n")
        return code_of_refusal(verdict_of(error), error.cause)
    except KeyboardInterrupt as interruption:
        stderr.write("Interrupted.\n")
        return exit_code_of(interruption)
    except Exception as error:  # noqa: BLE001 - the edge: a fault of ours is told as one, never as a traceback
        return _tell_fault(error, evidence, stderr)
    finally:
        if evidence is not None:
            evidence.discard()


def _progress(stream: TextIO) -> Progress:
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        return LiveProgress(stream, has_colours=_has_colours(stream))
    return LineProgress(stream)


def _has_colours(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _repaired(
    outcome: Outcome, options: Options, found: Found, evidence: EvidenceDirectory, stream: TextIO, now: datetime
) -> tuple[list[Repair], KeyboardInterrupt | None]:
    """Try repairs where they were asked for, and keep the patches of those that worked with the evidence.

    An interruption ends the trials alone; it is part of the answer.
    """
    repairs: list[Repair] = []
    if not options.repair or outcome.interruption is not None:
        return repairs, None
    try:
        for repair in repair_failed(outcome, options, found, progress=lambda: LineProgress(stream), now=now):
            evidence.write_repair(repair.path, repair.patch)
            repairs.append(repair)
    except KeyboardInterrupt as interruption:
        return repairs, interruption
    return repairs, None


def _tell_repairs(repairs: list[Repair], evidence: EvidenceDirectory, stream: TextIO) -> None:
    for repair in repairs:
        stream.write(f"Repaired: {plain(repair.path)} is {verdict_word(repair.verdict)} with this patch.\n")
        for proposal in repair.proposals:
            stream.write(f"  {plain(proposal.reason)}\n")
        stream.write(f"Patch: {evidence.place_of(repair.path) / REPAIR}\n")
    stream.flush()


def _tell(outcome: Outcome, evidence: EvidenceDirectory, stream: TextIO, stderr: TextIO) -> None:
    if outcome.endings:
        stream.write("\n" + verdict_table(lines(outcome), has_colours=_has_colours(stream)) + "\n\n")
        for hint in dict.fromkeys(explain(ending.cause) for ending in outcome.endings if ending.cause):
            stream.write(hint + "\n")
    _tell_refusal(outcome, stderr)
    stream.write(f"Report: {evidence.place / REPORT}\n")
    stream.flush()


def _tell_refusal(outcome: Outcome, stderr: TextIO) -> None:
    if outcome.refusal is not None:
        stderr.write(explain(outcome.refusal) + "\n")


def _tell_fault(error: Exception, evidence: EvidenceDirectory | None, stderr: TextIO) -> int:
    """Tell an unexpected error on one line, with the traceback kept where the evidence would be."""
    tell_fault(error, stderr)
    if evidence is not None:
        try:
            evidence.write(INTERNAL_ERROR, "".join(traceback.format_exception(error)))
            evidence.publish()
            stderr.write(f"Traceback: {evidence.place / INTERNAL_ERROR}\n")
        except OSError:
            traceback.print_exception(error, file=stderr)
    return EXIT_SERVICE


def check_place(name: str | Path | None) -> None:
    """Refuse before any work a file that could not be written. Raises RunError evidence-unwritable."""
    if name is None or name == "-":
        return
    path = Path(name)
    if path.is_dir() or not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise RunError(
            "evidence-unwritable", path=path, reason="it is a directory, or lies in none that can be written"
        )


def write_json(name: str | None, text: str, stdout: TextIO) -> None:
    """Write to the file in one step, to standard output for "-", nowhere without a name."""
    if name == "-":
        stdout.write(text)
        stdout.flush()
    elif name is not None:
        write_whole(Path(name), text)


def main_streams() -> tuple[TextIO, TextIO]:
    """Return the streams of the process; names that no encoding of the terminal can say are told with escapes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return sys.stdout, sys.stderr
