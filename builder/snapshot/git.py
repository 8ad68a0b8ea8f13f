"""Run git against hostile repositories: no prompt, no hook, no filter, no foreign configuration, watched limits."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

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
) -> GitAnswer:
    """Run one git command and return its answer, whatever its exit status.

    `watch` is called five times a second and ends the command by raising. Raises SnapshotError repository-too-slow
    after `timeout_s`. The whole process group is ended in every case, git itself also when this process is killed.
    """
    command = ["git", *(part for setting in (*_SETTINGS, *settings) for part in ("-c", setting)), *arguments]
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
    answer: list[tuple[bytes, bytes]] = []
    reader = threading.Thread(target=lambda: answer.append(process.communicate(stdin)), daemon=True)
    reader.start()
    deadline = time.monotonic() + timeout_s
    try:
        while reader.is_alive():
            reader.join(_POLL_S)
            if watch is not None:
                watch()
            if reader.is_alive() and time.monotonic() > deadline:
                raise SnapshotError("repository-too-slow", source="The repository", limit=f"{timeout_s:.0f} s")
    finally:
        end_group(process)
        reader.join(5)
    stdout, stderr = answer[0] if answer else (b"", b"")
    return GitAnswer(process.returncode, stdout, stderr.decode("utf-8", "replace"))


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
