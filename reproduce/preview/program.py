"""Reads one file for one question: `python -m reproduce.preview.program FORMAT FILE DEVICE INODE MEMORY SECONDS`.

The question stands on its standard input, the answer on its standard output. The file is the one with this device and
inode, or none. Once it is open, the process can open no other, whatever the file asks the library for.
"""

from __future__ import annotations

import codecs
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final

# h5grove loads what writes TIFF for every answer, and that takes longer than all the rest.
if sys.argv[1:2] != ["tiff"]:
    sys.modules["tifffile"] = ModuleType("tifffile")

import h5py

from reproduce.preview.bounds import MOST_ANSWER_BYTES
from reproduce.preview.endpoints import answer
from reproduce.preview.guarded_file import GuardedFile
from reproduce.preview.question import Question, RefusedError, as_answer, as_refusal
from reproduce.preview.walking import tree

# Names in files may have to be told in any of these; what is not loaded now cannot be any more.
for _encoding in ("ascii", "latin-1", "utf-8"):
    codecs.lookup(_encoding)

Answers = Callable[[GuardedFile, Question], bytes]
_FAILURES: Final = (
    *(OSError, ValueError, TypeError, KeyError, IndexError, RuntimeError, MemoryError, EOFError, AttributeError),
    *(ArithmeticError, SystemError, AssertionError),
)


def respond(answers: Answers, question: Question, path: Path, identity: tuple[int, int]) -> bytes:
    """Return what is printed: an answer or a refusal. Raises nothing that a file can cause."""
    try:
        found = path.stat()
        if (found.st_dev, found.st_ino) != identity:
            raise RefusedError("preview-unreadable", "it was replaced while it was asked for")
        with h5py.File(path, "r", locking=False) as file:
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
            body = answers(GuardedFile(file, question.name), question)
    except RefusedError as error:
        return as_refusal(error)
    except _FAILURES as error:
        return as_refusal(RefusedError("preview-unreadable", _words(error)))
    if len(body) > MOST_ANSWER_BYTES:
        return as_refusal(RefusedError("preview-too-large", f"the answer is of {len(body) // 2**20} MiB"))
    return as_answer(body)


def answer_or_tree(file: GuardedFile, question: Question) -> bytes:
    """Return what h5grove would answer, or the tree."""
    return tree(file) if question.part == "tree" else answer(file, question)


def _words(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "it takes more memory than there is for it"
    said = "".join(sign for sign in str(error) if sign.isprintable())
    return f"{type(error).__name__}: {said[:300]}"


def bound(memory_bytes: int, processor_s: int) -> None:
    """Bound this process for good: memory, processor time, what it writes; it leaves no core."""
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, processor_s),
        (resource.RLIMIT_FSIZE, MOST_ANSWER_BYTES + 2**20),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def main(arguments: list[str], answers: Answers) -> None:
    """Read the question, print the answer and end the process."""
    device, inode, memory_bytes, processor_s = (int(each) for each in arguments[2:])
    bound(memory_bytes, processor_s)
    printed = respond(answers, Question.of_bytes(sys.stdin.buffer.read()), Path(arguments[1]), (device, inode))
    sys.stdout.buffer.write(printed)
    sys.stdout.buffer.flush()
    # Nothing that the library would still do with such a file is worth the risk.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:], answer_or_tree)
