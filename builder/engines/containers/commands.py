"""Run the command line of a container engine: argument lists, limits, lines as they come, ended when unwanted."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from builder.engines.limits import BuildLimits, in_words
from builder.engines.overseer import Overseer, end_all
from builder.engines.program_output import KeptOutput, lines_of
from builder.engines.progress import Progress
from builder.errors import BuildError

_CHUNK: Final = 1 << 16
_ANSWER_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """How a program ended and what it said."""

    status: int
    text: str


def run_command(
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    timeout_s: float,
    limits: BuildLimits,
    progress: Progress,
    on_line: Callable[[str], None],
    cwd: Path | None = None,
    stdin: Path | None = None,
) -> Answer:
    """Run `command` to its end, each line given to `on_line`.

    Raises BuildError build-timeout, build-out-of-memory or -output, cancelled; container-engine-unreachable when there
    is no such program.
    """
    progress.check()
    with _started(command, variables, cwd, stdin) as process:
        overseer = Overseer(
            process, limits=limits, timeout_s=timeout_s, measured=lambda: (cwd,) if cwd else (), progress=progress
        )
        output = KeptOutput()
        try:
            for line, size_bytes in lines_of(_piped(process)):
                output.add(line)
                if line:
                    on_line(line)
                if size_bytes > limits.output_bytes:
                    overseer.end_for(BuildError("build-out-of-output", limit=in_words(limits.output_bytes)))
                    break
            process.wait()
        finally:
            overseer.stop()
            end_all(process)
        if overseer.verdict is not None:
            raise overseer.verdict.seen_in(output.last_line)
        progress.check()
        return Answer(process.returncode, output.text)


def ask_command(
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    timeout_s: float,
    limits: BuildLimits,
    progress: Progress,
) -> Answer:
    """Run a `command` that answers a question; its answer is read whole, whatever its lines. Raises as run_command."""
    progress.check()
    with _started(command, variables, None, None) as process:
        overseer = Overseer(process, limits=limits, timeout_s=timeout_s, measured=lambda: (), progress=progress)
        answer = bytearray()
        try:
            while chunk := _piped(process).read1(_CHUNK):  # type: ignore[attr-defined] # a buffered pipe has it
                answer += chunk
                if len(answer) > _ANSWER_BYTES:
                    overseer.end_for(BuildError("container-engine-unreachable", reason="it does not stop answering"))
                    break
            process.wait()
        finally:
            overseer.stop()
            end_all(process)
        if overseer.verdict is not None:
            raise overseer.verdict
        return Answer(process.returncode, answer.decode("utf-8", "replace"))


@contextmanager
def streamed(
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    timeout_s: float,
    limits: BuildLimits,
    progress: Progress,
) -> Iterator[IO[bytes]]:
    """Give what `command` writes, as it writes it. Raises BuildError container-engine-unreachable if it fails."""
    progress.check()
    with _started(command, variables, None, None, stderr=subprocess.DEVNULL) as process:
        overseer = Overseer(process, limits=limits, timeout_s=timeout_s, measured=lambda: (), progress=progress)
        try:
            yield _piped(process)
            process.wait()
        except BaseException:
            overseer.stop()
            if overseer.verdict is not None:  # why the stream broke off
                raise overseer.verdict from None
            raise
        finally:
            overseer.stop()
            end_all(process)
        if overseer.verdict is not None:
            raise overseer.verdict
        if process.returncode:
            raise BuildError("container-engine-unreachable", reason="it gave only a part of the image")


@contextmanager
def _started(
    command: Sequence[str],
    variables: Mapping[str, str],
    cwd: Path | None,
    stdin: Path | None,
    stderr: int = subprocess.STDOUT,
) -> Iterator[subprocess.Popen[bytes]]:
    source: IO[bytes] | None = stdin.open("rb") if stdin else None
    try:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(variables),
            stdin=source or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    except OSError as error:
        raise BuildError("container-engine-unreachable", reason=f"{command[0]}: {error.strerror}") from error
    finally:
        if source is not None:
            source.close()
    try:
        yield process
    finally:
        if process.stdout is not None:
            process.stdout.close()


def _piped(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
    return process.stdout
