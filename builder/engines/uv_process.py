"""Run uv, in the sandbox or not, with its lines going to the log as they come."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uv

from builder.engines.interpreters import Interpreter
from builder.engines.progress import Progress
from builder.engines.sandbox import build_variables, sandboxed
from builder.errors import BuildError
from builder.process_group import end_group

_LOG_LIMIT: Final = 2 * 2**20
_LOOK_EVERY_S: Final = 0.2
_ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SILENT: Final = re.compile(
    r"^\s*$|^warning: `?VIRTUAL_ENV|^Activate with|^warning: The `--pylock` option|^hint: .*exclude-newer"
)


@dataclass(frozen=True, slots=True)
class UvAnswer:
    """How uv ended and all it said."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Uv:
    """uv with the settings that hold for every call of one engine."""

    program: Path
    index_url: str | None
    is_sandboxed: bool

    def run(
        self,
        arguments: Sequence[str],
        *,
        interpreter: Interpreter,
        cache: Path,
        cwd: Path,
        writable: Sequence[Path],
        readonly: Sequence[Path] = (),
        timeout_s: float,
        progress: Progress,
    ) -> UvAnswer:
        """Run `uv ARGUMENTS`. Raises BuildError build-timeout, or sandbox-missing where there is no bubblewrap."""
        settings = ["--cache-dir", str(cache), "--no-progress", "--color", "never", "--no-python-downloads"]
        command = [str(self.program), *arguments, *settings]
        return self.run_program(
            command,
            interpreter=interpreter,
            cwd=cwd,
            writable=writable,
            readonly=readonly,
            timeout_s=timeout_s,
            progress=progress,
        )

    def run_program(
        self,
        command: list[str],
        *,
        interpreter: Interpreter,
        cwd: Path,
        writable: Sequence[Path],
        readonly: Sequence[Path] = (),
        timeout_s: float,
        progress: Progress,
    ) -> UvAnswer:
        """Run any program under the same rules as uv."""
        variables = {**build_variables(cwd), "UV_HTTP_RETRIES": "2", "UV_HTTP_TIMEOUT": "60"}
        if self.is_sandboxed:
            shown = [self.program, interpreter.prefix, *readonly]
            command = sandboxed(command, readonly=shown, writable=writable, variables=variables, cwd=cwd)
        return _stream(command, cwd=cwd, variables=variables, timeout_s=timeout_s, progress=progress)

    def index_arguments(self) -> list[str]:
        """Return the arguments that name the index, for the calls that ask it."""
        return ["--default-index", self.index_url] if self.index_url else []


def find_uv() -> Path:
    """Return the uv that is installed beside this program, else the one on PATH. Raises BuildError internal-error."""
    try:
        return Path(uv.find_uv_bin()).resolve()
    except FileNotFoundError:
        found = shutil.which("uv")
        if found is None:
            raise BuildError("internal-error", reason="uv is not installed") from None
        return Path(found).resolve()


def _stream(
    command: list[str], *, cwd: Path, variables: dict[str, str], timeout_s: float, progress: Progress
) -> UvAnswer:
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    overseer = _Overseer(process, timeout_s, progress)
    lines: list[str] = []
    size = 0
    try:
        assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
        for raw in process.stdout:
            line = _ANSI.sub("", raw.decode("utf-8", "replace")).rstrip()
            size += len(line)
            if size > _LOG_LIMIT:
                continue  # a build that prints without end is still read, so that it does not block
            lines.append(line)
            if not _SILENT.match(line):
                progress.log(line)
        process.wait()
    finally:
        overseer.stop()
        end_group(process)
    if overseer.is_late:
        raise BuildError("build-timeout", limit=f"{timeout_s:.0f} s")
    progress.check()
    return UvAnswer(process.returncode, "\n".join(lines))


class _Overseer:
    """Ends a program that is late or no longer wanted, also while it says nothing."""

    def __init__(self, process: subprocess.Popen[bytes], timeout_s: float, progress: Progress) -> None:
        self.is_late = False
        self._process = process
        self._deadline = time.monotonic() + timeout_s
        self._progress = progress
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="build-overseer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; returns when nothing will be ended any more."""
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(_LOOK_EVERY_S):
            self.is_late = time.monotonic() > self._deadline
            if self.is_late or self._progress.is_cancelled():
                end_group(self._process)
                return
