"""Run git against hostile repositories: no prompt, no hook, no filter, no foreign configuration, watched limits."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Final

from builder.errors import SnapshotError
from builder.lifeline import die_with
from builder.process_group import end_group

_PASSED_ON: Final = (
    "PATH", "HOME", "SSH_AUTH_SOCK", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "CURL_CA_BUNDLE", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    "TMPDIR",
)  # fmt: skip
_SETTINGS: Final = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.symlinks=true", "core.autocrlf=false",
    "core.protectHFS=true", "core.protectNTFS=true", "core.askPass=", "credential.helper=",
    "gc.auto=0", "maintenance.auto=false", "advice.detachedHead=false", "submodule.recurse=false",
    "fetch.recurseSubmodules=false", "transfer.fsckObjects=true", "transfer.bundleURI=false",
    # Old, harmless untidiness of clients past that fsck would otherwise take for an attack.
    "fetch.fsck.zeroPaddedFilemode=warn", "fetch.fsck.badTimezone=warn", "fetch.fsck.missingSpaceBeforeDate=warn",
    "fetch.fsck.missingSpaceBeforeEmail=warn", "fetch.fsck.missingNameBeforeEmail=warn", "fetch.fsck.badDate=warn",
    "http.followRedirects=false", "http.lowSpeedLimit=1000", "http.lowSpeedTime=60", "protocol.allow=never",
)  # fmt: skip
_POLL_S: Final = 0.2
# A pack of a few KiB can unfold to any size in memory, a tree of a few objects to any number of names.
MEMORY_BYTES: Final = 2 * 2**30
_STDOUT_BYTES: Final = 64 * 2**20
_STDERR_BYTES: Final = 64 * 2**10
_CHUNK: Final = 2**16


@dataclass(frozen=True, slots=True)
class GitAnswer:
    """How a git command ended."""

    status: int
    stdout: bytes
    stderr: str


def run_git(
    arguments: Sequence[str],
    *,
    cwd: Path,
    settings: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout_s: float = 120.0,
    watch: Callable[[], None] | None = None,
    memory_bytes: int = MEMORY_BYTES,
) -> GitAnswer:
    """Run one git command and return its answer, whatever its exit status.

    `watch` is called five times a second and ends the command by raising. Raises SnapshotError repository-too-slow
    after `timeout_s`, repository-too-large when git says more than 64 MiB; of what it says to people the last 64 KiB
    are kept. Each of its programs may take `memory_bytes`. The whole process group is ended in every case, git itself
    also when this process is killed.
    """
    command = [*_limited(memory_bytes), "git"]
    command += [*(part for setting in (*_SETTINGS, *settings) for part in ("-c", setting)), *arguments]
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=_environment(variables or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=partial(die_with, os.getpid()),
    )
    talk = _Talk(process, stdin)
    deadline = time.monotonic() + timeout_s
    try:
        while talk.is_going_on():
            if watch is not None:
                watch()
            if time.monotonic() > deadline:
                raise SnapshotError("repository-too-slow", source="The repository", limit=f"{timeout_s:.0f} s")
    finally:
        end_group(process)
        talk.end()
    if talk.is_too_long:
        limit = f"{_STDOUT_BYTES // 2**20} MiB of names"
        raise SnapshotError("repository-too-large", source="The repository's list of files or branches", limit=limit)
    return GitAnswer(process.returncode, bytes(talk.stdout), talk.stderr.decode("utf-8", "replace"))


@dataclass(slots=True)
class _Talk:
    """What is said to git and what it says, each in a thread, so that no side waits for the other for ever."""

    process: subprocess.Popen[bytes]
    stdin: bytes
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    is_too_long: bool = False
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        for each in (self._hear_answer, self._hear_words, self._say):
            thread = threading.Thread(target=each, name="git", daemon=True)
            thread.start()
            self._threads.append(thread)

    def is_going_on(self) -> bool:
        """Wait a moment; tell whether git has more to say or has not ended."""
        going = [thread for thread in self._threads if thread.is_alive()]
        if self.is_too_long:
            return False
        if going:
            going[0].join(_POLL_S)
            return True
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_POLL_S)
        return self.process.poll() is None

    def end(self) -> None:
        """Wait for what was said last."""
        for thread in self._threads:
            thread.join(5)

    def _hear_answer(self) -> None:
        for chunk in _chunks(self.process.stdout):
            self.stdout += chunk
            if len(self.stdout) > _STDOUT_BYTES:
                self.is_too_long = True
                return

    def _hear_words(self) -> None:
        for chunk in _chunks(self.process.stderr):
            self.stderr += chunk
            if len(self.stderr) > 2 * _STDERR_BYTES:
                del self.stderr[:-_STDERR_BYTES]

    def _say(self) -> None:
        stream = self.process.stdin
        if stream is not None:
            with suppress(OSError):
                stream.write(self.stdin)
            with suppress(OSError):
                stream.close()


def _chunks(stream: IO[bytes] | None) -> Iterator[bytes]:
    if stream is not None:
        with stream:
            while chunk := os.read(stream.fileno(), _CHUNK):
                yield chunk


def _limited(size_bytes: int) -> list[str]:
    """Return what to put before a command line, so that it and all it starts may take so much memory each.

    It is set by a program that then becomes the command: what is limited from outside has begun by then. A limit of
    ours that is lower stays.
    """
    return ["/bin/sh", "-c", 'ulimit -c 0; ulimit -d "$0" 2>/dev/null; exec "$@"', str(size_bytes // 1024)]


def pinned_host(host: str, port: int, addresses: Sequence[str]) -> str:
    """Return the setting that makes git connect to exactly these addresses, whatever the name says later."""
    listed = ",".join(f"[{address}]" if ":" in address else address for address in addresses)
    return f"http.curloptResolve={host}:{port}:{listed}"


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "SSH_ASKPASS": "true",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20 -o StrictHostKeyChecking=accept-new",
        **variables,
    }
