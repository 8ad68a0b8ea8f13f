"""Tell why an image could not be built, from what the engine printed: the author's step, or something else's fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.engines.containers.refusals import (
    is_disk_full,
    is_engine_gone,
    is_registry_silent,
    shortened,
    tell_refusal,
)
from builder.engines.protocol import Lock
from builder.engines.uv_errors import tell
from builder.errors import BuildError

# What BuildKit prints: "#7 [3/5] RUN make", "#7 1.23 gcc: error", "#7 ERROR: process … exit code: 2".
_NAMED: Final = re.compile(r"#(\d+) \[[^\]]*\] (.+)")
_SAID: Final = re.compile(r"#(\d+) \d+\.\d+ (.*)")
# At the end the last lines of a step stand once more, without its number.
_AGAIN: Final = re.compile(r"\d+\.\d+ ")
_FAILED: Final = re.compile(r"#(\d+) ERROR: (.*)")
_EXIT: Final = re.compile(r"(?:did not complete successfully|executor failed running .*): exit code: (\d+)")
# Podman's: "STEP 4/9: RUN make", then the lines as they come, then "Error: building at STEP …: exit status 2".
_PODMAN_STEP: Final = re.compile(r"(?:\[\d+/\d+\] )?STEP \d+(?:/\d+)?: (.+)")
_PODMAN_FAILED: Final = re.compile(r"Error: (?:building at STEP|error building at STEP) .*?(?:exit status (\d+)|: .*)$")
_SOLVED: Final = re.compile(r"(?:ERROR|error): failed to solve(?: with frontend \S+)?: (.+)")
_TELLING: Final = re.compile(
    r"(?:^|\s)(?:E: |error[: ]|fatal[: ]|\w*Error\b|\w*Exception\b|not found|No such file|cannot |Cannot |denied)",
)
_NETWORK: Final = re.compile(
    r"Temporary failure (?:in name resolution|resolving)|Could not resolve|Could not connect to|Failed to fetch"
    r"|Connection timed out|Network is unreachable|Failed to establish a new connection|Name or service not known"
)
_KILLED: Final = 137
_STEP_LIMIT: Final = 120


@dataclass(frozen=True, slots=True)
class _Step:
    command: str
    lines: tuple[str, ...]
    status: int


def tell_build_failure(text: str, *, lock: Lock, image: str) -> BuildError:
    """Return the BuildError that the output of a failed build means."""
    own_words = "\n".join(line for line in text.split("\n") if not (_SAID.match(line) or _AGAIN.match(line)))
    step = _failed_step(text)
    if step is None:
        return _without_step(own_words, image)
    said = "\n".join(step.lines)
    # An engine that tells how a step ended is there: what else its words hold are the author's command and lines.
    if is_disk_full(said):
        return BuildError("disk-full", path="the container engine's directory")
    if "/tmp/reprise-uv" in step.command:  # noqa: S108 - a path in the image
        error = tell(said, as_of=lock.as_of, python=lock.python_version, root=Path("the container engine"))
        if error.kind_id != "internal-error":
            return error
    if _NETWORK.search(said) and _is_of_ours(step.command):
        return BuildError("index-unreachable", reason=_telling_line(step.lines))
    line = _telling_line(step.lines)
    reason = "it was killed, for want of memory perhaps" if step.status == _KILLED else line
    error = BuildError("image-build-failed", step=step_name(step.command), reason=reason)
    return error.seen_in(f"exit status {step.status} after: {line}")


def step_name(command: str) -> str:
    """Return what people call the step that runs `command`."""
    if "/tmp/reprise-uv" in command or "pip install --no-cache-dir -r" in command:  # noqa: S108 - a path in the image
        return "the installation of the locked packages"
    if re.search(r"RUN \./\S*postBuild|/postBuild\b", command):
        return "postBuild"
    if "apt-get install --yes --no-install-recommends" in command and "-qq install" not in command:
        return "the installation of apt.txt"
    if "install.R" in command:
        return "install.R"
    plain = " ".join(command.split())
    return plain if len(plain) <= _STEP_LIMIT else plain[: _STEP_LIMIT - 1] + "…"


def _failed_step(text: str) -> _Step | None:
    names: dict[str, str] = {}
    lines: dict[str, list[str]] = {}
    for line in text.split("\n"):
        if match := _NAMED.fullmatch(line):
            names[match[1]] = match[2]
        elif match := _SAID.fullmatch(line):
            lines.setdefault(match[1], []).append(match[2])
        elif (match := _FAILED.fullmatch(line)) and (status := _EXIT.search(match[2])):
            number = match[1]
            return _Step(names.get(number, ""), tuple(lines.get(number, ())), int(status[1]))
    return _failed_step_of_podman(text)


def _failed_step_of_podman(text: str) -> _Step | None:
    command = ""
    lines: list[str] = []
    for line in text.split("\n"):
        if match := _PODMAN_STEP.fullmatch(line):
            command, lines = match[1], []
        elif match := _PODMAN_FAILED.match(line):
            return _Step(command, tuple(lines), int(match[1] or 1)) if command.startswith("RUN") else None
        else:
            lines.append(line)
    return None


def _without_step(text: str, image: str) -> BuildError:
    """Tell of a build in which no step of the author's ran: a Dockerfile that is none, a file or an image missing."""
    end = _end(text)
    if is_disk_full(end) or is_engine_gone(end):
        return tell_refusal(end, image=image)
    solved = _SOLVED.search(end)
    if solved is None:
        refused = re.search(r"^repo2docker: (.*)$", text, re.MULTILINE)
        if refused and (_NETWORK.search(refused[1]) or "Max retries exceeded" in refused[1]):
            return BuildError("index-unreachable", reason=shortened(refused[1]))
        if refused:
            error = BuildError("image-build-failed", step="repo2docker", reason=shortened(refused[1]))
            return error.seen_in(refused[0])
        return BuildError(
            "internal-error", reason=f"the build ended with: {shortened(end.splitlines()[-1] if end else '')}"
        )
    if "failed to resolve source metadata" in solved[1] or "failed to load cache key" in solved[1]:
        return tell_refusal(solved[1], image=image)
    if is_registry_silent(solved[1]):
        return BuildError("registry-unreachable", image=image, reason=shortened(solved[1]))
    return BuildError("image-build-failed", step="the Dockerfile", reason=shortened(solved[1])).seen_in(solved[0])


def _telling_line(lines: tuple[str, ...]) -> str:
    useful = [line.strip() for line in lines if line.strip()]
    telling = [line for line in useful if _TELLING.search(line)]
    return shortened((telling or useful or ["it says nothing"])[-1])


def _is_of_ours(command: str) -> bool:
    """Tell whether the step only fetches what the service chose to fetch, so that its network is ours."""
    return "apt-get" in command or "pip install" in command or "conda" in command or "mamba" in command


def _end(text: str) -> str:
    return "\n".join(text.split("\n")[-15:])
