"""Verify a finished environment: its kernel really starts, with no network, and says its versions.

The kernel runs in the sandbox of builds with the variables of a run; what it says is a stranger's word and is bounded.
"""

from __future__ import annotations

import binascii
import json
import os
import re
import resource
import secrets
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from builder.engines.kernel_probe import SYSTEM_NAME, VERSIONS_NAME, system_source, versions_source
from builder.engines.progress import Progress
from builder.engines.run_variables import RUN_VARIABLES, home_variables
from builder.engines.sandbox import sandboxed
from builder.errors import BuildError
from builder.process_group import end_group

_PROJECT: Final = Path(__file__).resolve().parents[2]
_TIMEOUT_S: Final = 120.0
_POLL_S: Final = 0.1
# Between the end of a kernel and the end of what it has sent.
_DRAIN_S: Final = 0.5
_SOCKET_PLACE_CHARACTERS: Final = 70
_SAID_BYTES: Final = 8 * 2**20
_LOG_BYTES: Final = 64 * 2**10
_MEMORY_BYTES: Final = 8 * 2**30
_FILE_BYTES: Final = 2**30
_HEX: Final = re.compile(r"u?['\"]([0-9a-f]*)['\"]")
_ERROR_LINE: Final = re.compile(r"(?:[\w.]+\.)?\w*(?:Error|Exception|Exit)\b.*|.*\b(?:error|cannot|not found)\b.*")
_REASON_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class KernelFacts:
    """What a kernel said of itself. `versions` and `system` are what the probes of a Python kernel found, as JSON.

    `gap` says in one line why `system` is empty although it was asked for.
    """

    language: str
    language_version: str
    implementation: str
    implementation_version: str
    started_s: float
    versions: Mapping[str, Any] = field(default_factory=dict)
    system: Mapping[str, Any] = field(default_factory=dict)
    gap: str = ""


def verify_kernel(
    argv: Sequence[str],
    *,
    readonly_paths: Sequence[Path],
    progress: Progress,
    mounts: Sequence[tuple[Path, str]] = (),
    variables: Sequence[tuple[str, str]] = (),
    root: Path | None = None,
    scratch: Path | None = None,
    home_template: Path | None = None,
    is_sandboxed: bool = True,
    timeout_s: float = _TIMEOUT_S,
) -> KernelFacts:
    """Start the kernel `argv` (with {connection_file}) without a network and return what it says of itself.

    What is shown of the host are `readonly_paths`, and `mounts` at another place: (path here, path inside); with a
    `root` that is shown instead of the host's system. The kernel's home, in `scratch`, is a copy of `home_template`.
    Raises BuildError kernel-broken with the last telling line of its log, sandbox-missing, or what `progress` raises.
    """
    started = time.monotonic()
    with _places(scratch) as (meeting, home):
        if home_template is not None and home_template.is_dir():
            shutil.copytree(home_template, home, symlinks=True, dirs_exist_ok=True)
        connection_file = _write_connection(meeting)
        command = [part.replace("{connection_file}", str(connection_file)) for part in argv]
        inside = str(meeting / "home") if is_sandboxed else str(home)
        seen = {
            "PATH": f"{Path(argv[0]).parent}:/usr/local/bin:/usr/bin:/bin",
            **home_variables(inside, "/tmp" if is_sandboxed else str(home)),  # noqa: S108 - the sandbox's own
            **RUN_VARIABLES,
            **dict(variables),
        }
        if is_sandboxed:
            command = sandboxed(
                command,
                readonly=readonly_paths,
                writable=(meeting,),
                variables=seen,
                cwd=Path(inside),
                mounts=mounts,
                writable_mounts=((home, inside),),
                root=root,
                has_network=False,
            )
        else:
            # So an ipykernel ends when this process does; in a sandbox it could not see it and would end at once.
            seen["JPY_PARENT_PID"] = str(os.getpid())
        said, log = _Conversation(timeout_s, progress).hold(command, seen, connection_file, home)
    return _facts(said, log, time.monotonic() - started, timeout_s)


class _Conversation:
    """Runs the kernel and the asking program side by side until all was answered, or either has ended."""

    def __init__(self, timeout_s: float, progress: Progress) -> None:
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s
        self._progress = progress
        self._said = bytearray()
        self._log = bytearray()

    def hold(
        self, command: list[str], variables: dict[str, str], connection_file: Path, cwd: Path
    ) -> tuple[dict[str, dict[str, Any]], str]:
        """Return what was answered, by name, and the end of the kernel's log."""
        kernel = _start_kernel(command, variables, cwd)
        try:
            asker = _start_asker(connection_file, self._timeout_s)
            try:
                self._follow(kernel, asker)
            finally:
                end_group(asker)
                _close(asker)
        finally:
            end_group(kernel)
            _close(kernel)
        return _lines(bytes(self._said)), self._log.decode("utf-8", "replace")

    def _follow(self, kernel: subprocess.Popen[bytes], asker: subprocess.Popen[bytes]) -> None:
        with selectors.DefaultSelector() as selector:
            for process, kept in ((kernel, self._log), (asker, self._said)):
                assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
                os.set_blocking(process.stdout.fileno(), False)
                selector.register(process.stdout, selectors.EVENT_READ, kept)
            while time.monotonic() < self._deadline and asker.poll() is None:
                self._progress.check()
                self._read(selector)
                if kernel.poll() is not None:
                    self._deadline = min(self._deadline, time.monotonic() + _DRAIN_S)
            while self._read(selector, wait_s=0.0):
                pass

    def _read(self, selector: selectors.BaseSelector, wait_s: float = _POLL_S) -> bool:
        has_read = False
        for key, _ in selector.select(wait_s):
            chunk = os.read(key.fd, 1 << 16)
            if not chunk:
                selector.unregister(key.fileobj)
                continue
            has_read = True
            kept: bytearray = key.data
            kept += chunk
            if kept is self._log:
                del kept[:-_LOG_BYTES]
            elif len(kept) > _SAID_BYTES:
                raise BuildError("kernel-broken", reason="it answers without end")
        return has_read


def _start_kernel(command: list[str], variables: dict[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=variables,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_limit,
    )


def _start_asker(connection_file: Path, timeout_s: float) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-P", "-s", "-m", "builder.engines.kernel_asker"]
    asker = subprocess.Popen(
        [*program, str(connection_file), str(int(timeout_s) + 1)],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(_PROJECT), "JUPYTER_PLATFORM_DIRS": "1"},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    questions = [
        {"name": "versions", "source": versions_source(), "expression": VERSIONS_NAME},
        {"name": "system", "source": system_source(tuple(RUN_VARIABLES)), "expression": SYSTEM_NAME},
    ]
    assert asker.stdin is not None  # noqa: S101 (a pipe was asked for)
    with suppress(BrokenPipeError), asker.stdin as stream:
        stream.write(json.dumps(questions).encode("ascii"))
    return asker


def _close(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _limit() -> None:
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
    ):
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))


@contextmanager
def _places(scratch: Path | None) -> Iterator[tuple[Path, Path]]:
    """Yield a directory for the sockets, whose paths may have 108 bytes and which any root can show, and a home."""
    usual = tempfile.gettempdir()
    is_fit = usual.startswith("/tmp") and len(usual) <= _SOCKET_PLACE_CHARACTERS  # noqa: S108 - mkdtemp is private
    place = usual if is_fit else "/tmp"  # noqa: S108 - likewise
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="rv-", dir=place, ignore_cleanup_errors=True) as meeting,
        tempfile.TemporaryDirectory(prefix="verify-", dir=scratch, ignore_cleanup_errors=True) as home,
    ):
        yield Path(meeting), Path(home)


def _write_connection(meeting: Path) -> Path:
    channels = ("shell", "iopub", "stdin", "control", "hb")
    connection = {
        "transport": "ipc",
        "ip": str(meeting / "k"),
        **{f"{channel}_port": number for number, channel in enumerate(channels, 1)},
        "key": secrets.token_hex(16),
        "signature_scheme": "hmac-sha256",
        "kernel_name": "reprise",
    }
    path = meeting / "k.json"
    path.write_text(json.dumps(connection), encoding="ascii")
    return path


def _lines(said: bytes) -> dict[str, dict[str, Any]]:
    found = {}
    for line in said.decode("utf-8", "replace").splitlines():
        with suppress(ValueError, KeyError, TypeError):
            answer = json.loads(line)
            found[str(answer["name"])] = dict(answer)
    return found


def _facts(said: Mapping[str, dict[str, Any]], log: str, started_s: float, timeout_s: float) -> KernelFacts:
    info = said.get("info", {}).get("content")
    if not isinstance(info, dict):
        raise BuildError("kernel-broken", reason=telling_line(log) or f"it did not answer within {timeout_s:.0f} s")
    language = info.get("language_info")
    language = language if isinstance(language, dict) else {}
    is_python = language.get("name") == "python"
    versions = _decoded(said.get("versions", {}))
    if is_python and not versions:
        reason = said.get("versions", {}).get("problem") or telling_line(log) or "it did not say its versions"
        raise BuildError("kernel-broken", reason=str(reason)[:_REASON_CHARACTERS])
    system = _decoded(said.get("system", {}))
    gap = ""
    if is_python and not system:
        gap = said.get("system", {}).get("problem") or telling_line(log) or "the kernel did not say"
    return KernelFacts(
        language=_text(language.get("name")),
        language_version=_text(language.get("version")),
        implementation=_text(info.get("implementation")),
        implementation_version=_text(info.get("implementation_version")),
        started_s=round(started_s, 3),
        versions=versions,
        system=system,
        gap=str(gap)[:_REASON_CHARACTERS],
    )


def _decoded(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object behind the text of an expression, empty when it is none."""
    match = _HEX.fullmatch(str(answer.get("content")))
    try:
        facts = json.loads(binascii.unhexlify(match[1])) if match else {}
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _text(value: object) -> str:
    return str(value)[:200] if isinstance(value, str) else ""


def telling_line(log: str) -> str:
    """Return the last line of a log that tells of an error, else its last line; empty when it says nothing."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = next((line for line in reversed(lines) if _ERROR_LINE.fullmatch(line)), lines[-1] if lines else "")
    return telling[:_REASON_CHARACTERS]
