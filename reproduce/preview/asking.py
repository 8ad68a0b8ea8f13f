"""Asks a file: starts the confined program that reads it, and trusts nothing of what comes back."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from builder.engines.sandbox import sandboxed
from reproduce.preview.bounds import MOST_ANSWER_BYTES
from reproduce.preview.limits import PreviewLimits
from reproduce.preview.question import Question, RefusedError, read_answer

_PROJECT: Final = Path(__file__).resolve().parents[2]
_READ: Final = (_PROJECT / "reproduce" / "__init__.py", _PROJECT / "reproduce" / "preview")
_SHOWN_AS: Final = "/tmp/file"  # noqa: S108 - an empty directory of the sandbox


def ask(question: Question, path: Path, identity: tuple[int, int], limits: PreviewLimits) -> bytes:
    """Return the answer of the file at `path`, if that is still the one with this device and inode.

    Raises RefusedError where the file is not read so, and BuildError sandbox-missing where nothing can confine the
    program.
    """
    program = "plot_program" if question.part == "plot" else "program"
    command = [sys.executable, "-P", "-s", "-m", f"reproduce.preview.{program}", question.format]
    command += [_SHOWN_AS, *map(str, (*identity, limits.memory_bytes, limits.seconds))]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed:
        given.write(question.as_bytes())
        given.seek(0)
        try:
            subprocess.run(
                _confined(command, path),
                stdin=given,
                stdout=printed,
                stderr=subprocess.DEVNULL,
                timeout=limits.seconds,
                check=True,
                env={},
                cwd="/",
            )
        except subprocess.TimeoutExpired:
            raise RefusedError("preview-unreadable", f"it took more than {limits.seconds} seconds") from None
        except (OSError, subprocess.SubprocessError):
            raise RefusedError("preview-unreadable", "the program that reads it came to no end of its own") from None
        printed.seek(0)
        try:
            return read_answer(printed.read(MOST_ANSWER_BYTES + 2**20))
        except (ValueError, RecursionError):
            raise RefusedError("preview-unreadable", "the program that reads it gave no answer") from None


def _confined(command: list[str], path: Path) -> list[str]:
    """Show the program the file under another name, this Python, and the reading itself."""
    variables = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_PROJECT),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "HDF5_PLUGIN_PATH": "/nonexistent",
        # The library's own word for: load no plug-in.
        "HDF5_PLUGIN_PRELOAD": "::",
    }
    readonly = [*_READ, Path(sys.prefix), Path(sys.base_prefix)]
    return sandboxed(
        command,
        readonly=readonly,
        writable=(),
        variables=variables,
        cwd=Path("/"),
        mounts=[(path, _SHOWN_AS)],
        has_network=False,
    )
