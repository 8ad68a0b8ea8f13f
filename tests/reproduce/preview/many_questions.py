"""Asks many files in one confined process, each in a fork of it: `python -m tests.reproduce.preview.many_questions`.

It takes lines of a path and a question on its standard input and prints a line for each: the number of the signal that
ended the fork, the kind of refusal, its reason or what was answered.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from builder.engines.sandbox import sandboxed
from reproduce.preview.plot_program import plot
from reproduce.preview.program import answer_or_tree, bound, respond
from reproduce.preview.question import Question, RefusedError, read_answer

ROOT = Path(__file__).resolve().parents[3]
MEMORY_BYTES, PROCESSOR_S = 2**30, 10


class Came(NamedTuple):
    """What came of a question: the signal that ended its process, or 0; a refusal, or what was answered."""

    signal: int
    refusal: str
    said: str


def ask_many(questions: Sequence[tuple[Path, Question]], *, timeout_s: float = 240.0) -> list[Came]:
    """Ask each file its question, all of them in one sandbox."""
    shown = {path.parent for path, _ in questions}
    readonly = [ROOT / "tests", ROOT / "reproduce", ROOT / "builder", ROOT / "catalog", *sorted(shown)]
    variables = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = sandboxed(
        [sys.executable, "-P", "-s", "-m", "tests.reproduce.preview.many_questions"],
        readonly=[*readonly, Path(sys.prefix), Path(sys.base_prefix)],
        writable=(),
        variables=variables,
        cwd=Path("/"),
        has_network=False,
    )
    given = "".join(f"{json.dumps([str(path), question.as_bytes().decode()])}\n" for path, question in questions)
    ended = subprocess.run(command, input=given, capture_output=True, text=True, timeout=timeout_s, check=True)
    return [Came(*json.loads(line)) for line in ended.stdout.splitlines()]


def _ask(path: Path, question: Question) -> Came:
    found = path.stat()
    with tempfile.TemporaryFile() as printed:
        if (child := os.fork()) == 0:
            bound(MEMORY_BYTES, PROCESSOR_S)
            answers = plot if question.part == "plot" else answer_or_tree
            os.write(printed.fileno(), respond(answers, question, path, (found.st_dev, found.st_ino)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return Came(os.WTERMSIG(status), "", "")
        printed.seek(0)
        try:
            return Came(0, "", read_answer(printed.read()).decode("utf-8", "replace")[:2_000])
        except RefusedError as error:
            return Came(0, error.kind, error.reason)


if __name__ == "__main__":
    for line in sys.stdin.readlines():
        where, asked = json.loads(line)
        sys.stdout.write(json.dumps(_ask(Path(where), Question.of_bytes(asked.encode()))) + "\n")
        sys.stdout.flush()
