"""manage.py lock: resolve what a source needs, as of a date, and give its author the lock to keep. Nothing is run."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from builder.advice import readable
from builder.engines.lockfile import lock_as_requirements
from builder.engines.progress import Progress
from builder.engines.protocol import Lock
from builder.engines.whole_files import write_whole
from builder.environment_facts import runtime_text
from builder.recipe.patch import lock_patch
from reproduce.cli.environment import approximations_of, check_date, decide, resolve
from reproduce.cli.guarded import guarded
from reproduce.cli.options import Options, add_environment_arguments
from reproduce.cli.source import fetch_source, find_source
from reproduce.cli.words import plain
from reproduce.errors import RunError
from reproduce.reproduction import find_sandbox

_DEFAULT_OUT: Final = "reprise-lock"


def add_lock_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", metavar="SOURCE", help="a directory, a git address or a DOI")
    add_environment_arguments(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"directory of the files ({_DEFAULT_OUT}/NAME)")
    parser.add_argument("--allow-private", action="store_true", help="fetch from private addresses too")


def read_lock_options(values: dict[str, Any]) -> Options:
    """Return the parsed arguments as Options."""
    names = ("source", "as_of", "engine", "python", "out", "allow_private")
    return Options(**{name: values[name] for name in names})


def run_lock(options: Options, *, stdout: TextIO, stderr: TextIO) -> int:
    """Write the lock in its forms and return the exit code."""
    return guarded(lambda: _lock(options, stdout), stderr)


def _lock(options: Options, stdout: TextIO) -> int:
    found = find_source(options.source, allow_private=options.allow_private)
    check_date(options, found)
    place = options.out or Path(_DEFAULT_OUT) / found.name
    stdout.write(f"Reading {plain(str(found.source))}\n")
    facts = fetch_source(found, on_log=lambda _: None)
    decided = decide(facts, readable(facts.notebooks), options, found, now=datetime.now(UTC))
    progress = Progress(lambda line: _tell(stdout, line))
    _, lock = resolve(decided, sandbox=find_sandbox() or "none", progress=progress, are_builds_allowed=False)
    written = _write(place, lock, facts.path)
    for sentence in approximations_of(decided.recipe, lock):
        _tell(stdout, f"Approximated: {sentence}")
    _tell(stdout, f"Python {lock.python_version}, {len(lock.packages)} packages as of {lock.as_of:%Y-%m-%d}.")
    for path in written:
        stdout.write(f"{path}\n")
    return 0


def _tell(stream: TextIO, line: str) -> None:
    stream.write(f"{plain(line)}\n")
    stream.flush()


def _write(place: Path, lock: Lock, root: Path) -> list[Path]:
    requirements = lock_as_requirements(lock)
    files = {
        "pylock.toml": lock.text,
        "requirements.txt": requirements,
        "runtime.txt": runtime_text(lock.python_version),
        "lock.patch": lock_patch(root, pylock=lock.text, requirements=requirements, python=lock.python_version),
    }
    try:
        place.mkdir(parents=True, exist_ok=True)
        foreign = [path.name for path in place.iterdir() if path.name not in files]
        if foreign:
            raise RunError("lock-place-foreign", path=place)
        written = {place / name: text for name, text in files.items() if text}
        for path, text in written.items():
            write_whole(path, text)
        return list(written)
    except OSError as error:
        raise RunError("evidence-unwritable", path=place, reason=error.strerror or type(error).__name__) from error
