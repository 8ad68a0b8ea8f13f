"""manage.py lint: say what of a source will rot, and what to write instead. Nothing is run or resolved."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from builder.advice import readable
from builder.recipe.advice import Advice
from builder.recipe.lint import lint
from reproduce.cli.environment import decide
from reproduce.cli.guarded import guarded
from reproduce.cli.options import Options
from reproduce.cli.source import fetch_source, find_source
from reproduce.cli.words import plain

EXIT_ROTS: Final = 1


def add_lint_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", metavar="SOURCE", help="a directory, a git address or a DOI")
    parser.add_argument("--json", action="store_true", help="write the advice as JSON")
    parser.add_argument("--allow-private", action="store_true", help="fetch from private addresses too")


def run_lint(values: dict[str, Any], *, stdout: TextIO, stderr: TextIO) -> int:
    """Tell the advice and return the exit code: 1 when something will rot, 0 when it only may or nothing does."""
    options = Options(values["source"], allow_private=values["allow_private"])
    return guarded(lambda: _lint(options, stdout, is_json=values["json"]), stderr)


def _lint(options: Options, stdout: TextIO, *, is_json: bool) -> int:
    found = find_source(options.source, allow_private=options.allow_private)
    facts = fetch_source(found, on_log=lambda _: None)
    notebooks = readable(facts.notebooks)
    recipe = decide(facts, notebooks, options, found, now=datetime.now(UTC)).recipe
    advices = lint(facts.path, notebooks, recipe)
    stdout.write(_as_json(advices) if is_json else _as_text(advices))
    stdout.flush()
    return EXIT_ROTS if any(advice.severity == "rots" for advice in advices) else 0


def _as_json(advices: Iterable[Advice]) -> str:
    return json.dumps([dataclasses.asdict(advice) for advice in advices], indent=2, ensure_ascii=False) + "\n"


def _as_text(advices: Iterable[Advice]) -> str:
    return "".join(map(_lines, advices)) or "Nothing here will rot, as far as can be seen.\n"


def _lines(advice: Advice) -> str:
    line = f":{advice.line}" if advice.line is not None else ""
    place = f"{plain(advice.file)}{line}: " if advice.file else ""
    fix = "".join(f"    {plain(text)}\n" for text in advice.fix.splitlines())
    return f"{place}{plain(advice.message)} [{advice.id}: {advice.severity}]\n{fix}"
