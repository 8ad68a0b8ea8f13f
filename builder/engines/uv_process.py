"""Run uv, in the sandbox or not, with its lines going to the log as they come."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uv

from builder.engines.build_network.file_hosts import file_hosts
from builder.engines.build_network.gate import open_gate
from builder.engines.build_network.reach import NOWHERE, PUBLIC_INDEX, Reach, authority_named, authority_of
from builder.engines.interpreters import Interpreter
from builder.engines.limits import DEFAULT_LIMITS, BuildLimits, in_words
from builder.engines.overseer import Overseer, end_all
from builder.engines.program_output import KeptOutput, lines_of
from builder.engines.progress import Progress
from builder.engines.sandbox import build_variables, certificates, sandboxed
from builder.errors import BuildError

# uv asks again, waiting longer each time, what an index did not answer for a passing reason: a broken connection, a
# time limit, a 429 or 5xx. It never asks again what is an answer: 404, another checksum, an untrusted certificate.
_ASK_AGAIN: Final = 3
_ANSWER_WITHIN_S: Final = 30
_SILENT: Final = re.compile(
    r"^\s*$|^warning: `?VIRTUAL_ENV|^Activate with|^warning: The `--pylock` option|^hint: .*exclude-newer"
    r"|^warning: Requirements file `constraints"
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
    limits: BuildLimits = DEFAULT_LIMITS
    # Hosts that builds may reach beside the index, each with or without a port.
    build_hosts: tuple[str, ...] = ()

    def run(
        self,
        arguments: Sequence[str],
        *,
        interpreter: Interpreter,
        cache: Path,
        cwd: Path,
        writable: Sequence[Path],
        readonly: Sequence[Path] = (),
        hidden: Sequence[Path] = (),
        reach: Reach = NOWHERE,
        is_stdout_shown: bool = True,
        timeout_s: float,
        progress: Progress,
    ) -> UvAnswer:
        """Run `uv ARGUMENTS`; what it writes into `cwd` and unpacks in the cache counts.

        The sandbox shows the directories `hidden` empty, and of the network what `reach` names.

        Raises BuildError build-timeout, build-out-of-memory, -disk or
        -output, cancelled, or sandbox-missing where there is no bubblewrap.
        """
        settings = ["--cache-dir", str(cache), "--no-progress", "--color", "never", "--no-python-downloads"]
        command = [str(self.program), *arguments, *settings]
        return self.run_program(
            command,
            interpreter=interpreter,
            cwd=cwd,
            writable=writable,
            readonly=readonly,
            hidden=hidden,
            reach=reach,
            is_stdout_shown=is_stdout_shown,
            timeout_s=timeout_s,
            measured=lambda: (cwd, *cache.glob(".tmp*")),
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
        hidden: Sequence[Path] = (),
        reach: Reach = NOWHERE,
        is_stdout_shown: bool = True,
        timeout_s: float,
        measured: Callable[[], tuple[Path, ...]] | None = None,
        mounts: Sequence[tuple[Path, str]] = (),
        writable_mounts: Sequence[tuple[Path, str]] = (),
        progress: Progress,
    ) -> UvAnswer:
        """Run any program under the same rules as uv. In a sandbox it sees the mounts: (path here, path inside).

        `measured` names the directories whose size is limited.
        """
        progress.check()
        waits = {"UV_HTTP_RETRIES": str(_ASK_AGAIN), "UV_HTTP_TIMEOUT": str(_ANSWER_WITHIN_S)}
        # Where and when a wheel was installed from is no part of a package: it differs from machine to machine.
        settings = {"UV_NO_INSTALLER_METADATA": "1"}
        variables = {**build_variables(cwd), **waits, **settings}
        with ExitStack() as stack:
            if self.is_sandboxed:
                shown = [self.program, interpreter.prefix, *readonly]
                if reach.hosts:
                    gate = stack.enter_context(open_gate(reach, progress.log))
                    command, variables = gate.through(command), gate.variables(variables)
                    shown += certificates(variables)
                    mounts = [*mounts, *gate.mounts()]
                command = sandboxed(
                    command,
                    readonly=shown,
                    writable=writable,
                    variables=variables,
                    cwd=cwd,
                    mounts=mounts,
                    writable_mounts=writable_mounts,
                    hidden=hidden,
                    has_network=reach.is_open,
                )
            return _stream(
                command,
                cwd=cwd,
                variables=variables,
                is_stdout_shown=is_stdout_shown,
                timeout_s=timeout_s,
                limits=self.limits,
                measured=measured or (lambda: (cwd,)),
                progress=progress,
            )

    def index_reach(self) -> Reach:
        """Return the index, the hosts that it names for its files, and those that the operator allows beside it."""
        index = self.index_url or PUBLIC_INDEX
        named = (authority_of(index), *map(authority_named, self.build_hosts))
        return Reach(file_hosts(index) | {host for host in named if host is not None})

    def index_arguments(self) -> list[str]:
        """Return the arguments that name the index, for the calls that ask it."""
        return ["--default-index", self.index_url] if self.index_url else []

    def index_settings(self, pages_for_s: int) -> str:
        """Return the part of a uv.toml that names the index, for calls that ask for many pages of it.

        Its pages are believed for so many seconds after they were fetched, or for as long as the index says if that is
        0. Its files are for ever: none comes again under its name with other content, and what is installed is checked.
        """
        kept = f'api = "max-age={pages_for_s}", ' if pages_for_s else ""
        return "\n".join(
            [
                "[[index]]",
                f"url = {json.dumps(self.index_url or PUBLIC_INDEX)}",
                "default = true",
                f'cache-control = {{ {kept}files = "max-age=31536000, immutable" }}',
                "",
            ]
        )


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
    command: list[str],
    *,
    cwd: Path,
    variables: dict[str, str],
    is_stdout_shown: bool,
    timeout_s: float,
    limits: BuildLimits,
    measured: Callable[[], tuple[Path, ...]],
    progress: Progress,
) -> UvAnswer:
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if is_stdout_shown else subprocess.DEVNULL,
        stderr=subprocess.STDOUT if is_stdout_shown else subprocess.PIPE,
        start_new_session=True,
    )
    overseer = Overseer(process, limits=limits, timeout_s=timeout_s, measured=measured, progress=progress)
    output = KeptOutput()
    stream = process.stdout or process.stderr
    assert stream is not None  # noqa: S101 (a pipe was asked for)
    try:
        for line, size_bytes in lines_of(stream):
            if output.add(line) and not _SILENT.match(line):
                progress.log(line)
            if size_bytes > limits.output_bytes:
                overseer.end_for(BuildError("build-out-of-output", limit=in_words(limits.output_bytes)))
                break
        process.wait()
    finally:
        overseer.stop()
        end_all(process)
        stream.close()
    if overseer.verdict is not None:
        raise overseer.verdict.seen_in(output.last_line)
    progress.check()
    for line in output.hidden:
        progress.log(line)
    return UvAnswer(process.returncode, output.text)
