"""Verify a finished environment: its kernel really starts, with no network, and says its versions.

The kernel runs in the sandbox of builds with the variables of a run; what it says is a stranger's word and is bounded.
"""

from __future__ import annotations

import binascii
import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from builder.engines.kernel_conversation import Conversation
from builder.engines.progress import Progress
from builder.engines.run_variables import RUN_VARIABLES, home_variables
from builder.engines.sandbox import sandboxed
from builder.errors import BuildError
from builder.held_directory import held_directory

_TIMEOUT_S: Final = 120.0
_SOCKET_PLACE_CHARACTERS: Final = 70
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
        said, log = Conversation(timeout_s, progress).hold(command, seen, connection_file, home)
    return _facts(said, log, time.monotonic() - started, timeout_s)


@contextmanager
def _places(scratch: Path | None) -> Iterator[tuple[Path, Path]]:
    """Yield a directory for the sockets, whose paths may have 108 bytes and which any root can show, and a home."""
    usual = tempfile.gettempdir()
    is_fit = usual.startswith("/tmp") and len(usual) <= _SOCKET_PLACE_CHARACTERS  # noqa: S108 - mkdtemp is private
    place = usual if is_fit else "/tmp"  # noqa: S108 - likewise
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    with (
        held_directory("rv-", Path(place)) as meeting,
        held_directory("verify-", scratch) as home,
    ):
        yield meeting, home


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


def _facts(said: Mapping[str, dict[str, Any]], log: str, started_s: float, timeout_s: float) -> KernelFacts:
    info = said.get("info", {}).get("content")
    if not isinstance(info, dict):
        line = telling_line(log)
        raise BuildError("kernel-broken", reason=line or f"it did not answer within {timeout_s:.0f} s").seen_in(line)
    language = info.get("language_info")
    language = language if isinstance(language, dict) else {}
    is_python = language.get("name") == "python"
    versions = _decoded(said.get("versions", {}))
    if is_python and not versions:
        reason = said.get("versions", {}).get("problem") or telling_line(log) or "it did not say its versions"
        raise BuildError("kernel-broken", reason=str(reason)[:_REASON_CHARACTERS]).seen_in(str(reason))
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
