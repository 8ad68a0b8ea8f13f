"""Tell uv's refusals apart: each becomes a cause of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.engines.build_network.gate import BLOCKED, UNREACHABLE
from builder.engines.kept_tables import BUILD_MODULES
from builder.errors import BuildError
from builder.recipe.names import KNOWN_MODULES, MODULE_TO_DISTRIBUTION

_REASON_LIMIT: Final = 600
_UNDECLARED_LIMIT: Final = 6
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_DISK_FULL: Final = re.compile(r"No space left on device|os error 28|Disk quota exceeded|os error 122")
_HASH: Final = re.compile(r"(?:Hash|Size) mismatch for `?([^`\n:]+?)`?(?::|\n|\.\s|$)")
_DAMAGED: Final = re.compile(r"Failed to (?:download|read) `([^`]+)`[^\n]*\n\s*(?:cause: )?Failed to extract archive")
_REFUSED: Final = re.compile(r"returned a (\d{3}[A-Za-z ]*) error")
_NOT_KNOWN: Final = re.compile(rf"({_NAME}) was not found in the (?:package registry|provided package locations|cache)")
_NO_VERSION: Final = re.compile(
    r"there (?:is|are) no versions? of "
    rf"({_NAME}(?:\[[^\]]*\])?(?:[<>=!~]=?[^\s,]+(?:,[<>=!~]=?[^\s,]+)*)?)"
)
_BUILD: Final = re.compile(
    r"(?:Failed to (?:download and )?build|Building source distribution for) "
    rf"`?({_NAME}(?:==[\w.+!-]+)?)"
)
_BACKEND: Final = re.compile(
    r"build backend returned an error|Call to `[^`]+` failed|Build backend failed|failed to build"
)
_UNREACHABLE: Final = re.compile(
    r"error sending request|Request failed after|dns error|Connection refused|client error \(Connect\)"
    r"|operation timed out|network was disabled|connection closed|tls handshake|invalid peer certificate"
    r"|HTTP status (?:client|server) error \((?:401|403|407|429|5\d\d)",
    re.IGNORECASE,
)
_GONE: Final = re.compile(r"HTTP status client error \(((?:404|410) [A-Za-z ]+)\) for url \(([^)\s]+)\)")
_FAILED: Final = re.compile(
    rf"Failed to (?:download|fetch|read|prepare distribution)[^`\n]*`({_NAME}(?:==[\w.+!-]+)?)`"
)
_MEMORY: Final = re.compile(
    r"\bMemoryError\b|memory allocation of \d+ bytes failed|virtual memory exhausted|Cannot allocate memory"
    r"|out of memory allocating|std::bad_alloc"
)
_FILE_SIZE: Final = re.compile(r"File too large|os error 27\b|File size limit exceeded")
# What a build says when a program or a header that only the operator can install is not there.
_TOOLS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"command '([\w.+-]+)' failed: No such file or directory",
        r"unable to execute '([\w.+-]+)': No such file",
        r"fatal error: ([\w./+-]+\.h(?:pp)?): No such file or directory",
        r"No such file or directory: '(gcc|cc|g\+\+|gfortran|cmake|make|swig|ninja|nvcc|pg_config|mpicc|cargo|rustc)'",
        r"(pg_config|mpicc|llvm-config|cmake|swig|gfortran|nc-config|gdal-config|mysql_config|geos-config)"
        r"(?: executable)? (?:not found|is not installed|could not be found|failed executing)",
        r"Unknown compiler\(s\): \[\['([\w.+-]+)'",
        r"(Rust) not found|(cargo), the Rust package manager, is not installed",
        r"(CMake) must be installed|(Fortran compiler) (?:not found|found, but not)",
    )
)
# Where each kind of refusal stands in uv's output.
_RESOLVED: Final = re.compile(r"Because .*?(?= hint: |$)|\S+ was not found in .*?(?=\. |$)")
_LINES: Final[dict[str, tuple[re.Pattern[str], ...]]] = {
    "hash-mismatch": (_HASH, re.compile("Failed to extract archive")),
    "release-vanished": (_GONE,),
    "index-unreachable": (_UNREACHABLE, _REFUSED, re.compile(re.escape(UNREACHABLE))),
    "package-build-failed": (re.compile(re.escape(BLOCKED)),),
    "build-tools-missing": _TOOLS,
    "build-out-of-memory": (_MEMORY,),
    "build-out-of-disk": (_FILE_SIZE,),
}
_UNDECLARED: Final = re.compile(r"No module named ['\"]?([A-Za-z_]\w*)")
_YANKED: Final = re.compile(r"^warning: `([^`\s]+==[^`\s]+)` is yanked(?: \(reason: \"(.*?)\"?\)?)?$")
_YANK_REASON_LIMIT: Final = 200
_BLOCKED_REASON: Final = "it fetches from a host that is not the package index"
_NETWORK_REASONS: Final = (
    ("network was disabled", "the network is switched off"),
    ("dns error", "its name is not known"),
    ("Connection refused", "the connection is refused"),
    ("invalid peer certificate", "its certificate is not trusted"),
    ("timed out", "it takes too long"),
)


def tell(text: str, *, as_of: datetime, python: str, requirements: Sequence[str] = (), root: Path) -> BuildError:
    """Return the BuildError that uv's output means, with the line that says so."""
    error = _told(text, as_of=as_of, python=python, requirements=requirements, root=root)
    return error.seen_in(_line_of(text, error.kind_id))


def _told(text: str, *, as_of: datetime, python: str, requirements: Sequence[str], root: Path) -> BuildError:
    date = f"{as_of:%Y-%m-%d}"
    plain = " ".join(text.split())
    if _DISK_FULL.search(text):
        return BuildError("disk-full", path=root)
    mismatch = _HASH.search(text) or _DAMAGED.search(text)
    if mismatch:
        return BuildError("hash-mismatch", package=mismatch.group(1).strip())
    if "network was disabled" in plain:
        return BuildError("index-unreachable", reason=network_reason(plain))
    built = _BUILD.search(plain)
    gone = _GONE.search(plain)
    if gone:
        named = _FAILED.search(text)
        file_name = unquote(urlsplit(gone.group(2)).path).rsplit("/", 1)[-1]
        package = named.group(1) if named else file_name.removesuffix(".metadata")
        return BuildError("release-vanished", package=package, reason=f"{file_name} is answered with {gone.group(1)}")
    if BLOCKED in plain and built:
        return BuildError("package-build-failed", package=built.group(1), reason=_BLOCKED_REASON, python=python)
    if UNREACHABLE in plain:
        return BuildError("index-unreachable", reason=network_reason(plain))
    refused = _REFUSED.search(plain)
    if refused:
        return BuildError("index-unreachable", reason=f"it answers {refused.group(1)}")
    unknown = _NOT_KNOWN.search(plain)
    if unknown:
        return BuildError("requirement-not-found", requirement=unknown.group(1), as_of=date)
    if "No solution found" in text:
        return _no_solution(plain, date=date, requirements=requirements)
    if built and (_BACKEND.search(text) or not _UNREACHABLE.search(text)):
        return _failed_build(text, built.group(1), python)
    if _UNREACHABLE.search(text):
        return BuildError("index-unreachable", reason=network_reason(plain))
    return BuildError("internal-error", reason=f"uv ended with: {_shortened(plain)}")


def build_refusal(text: str, *, package: str, as_of: datetime, python: str, root: Path) -> BuildError:
    """Return the BuildError that the output of a build of `package` means."""
    error = tell(text, as_of=as_of, python=python, root=root)
    if error.kind_id in ("disk-full", "index-unreachable"):
        return error
    error = _failed_build(text, package, python)
    return error.seen_in(_line_of(text, error.kind_id))


def undeclared_requirement(reason: str, package: str, known: Sequence[str]) -> str | None:
    """Return what a build imported without asking for it, unless it was given already or is its own module."""
    missing = _UNDECLARED.search(reason)
    if missing is None or len(known) >= _UNDECLARED_LIMIT:
        return None
    module = missing.group(1)
    if canonicalize_name(module) == canonicalize_name(package) or module not in KNOWN_MODULES | BUILD_MODULES:
        return None
    name = canonicalize_name(MODULE_TO_DISTRIBUTION.get(module, module))
    return None if name in known else name


def yanked(lines: Sequence[str]) -> list[str]:
    """Return a sentence for each release that was taken although its authors withdrew it: only pins do that."""
    found = [match for line in lines if (match := _YANKED.match(line))]
    return [
        f"{match.group(1)} was withdrawn by its authors"
        + (f" (“{match.group(2)[:_YANK_REASON_LIMIT]}”)" if match.group(2) else "")
        + ", and is taken because it is pinned."
        for match in found
    ]


def _failed_build(text: str, package: str, python: str) -> BuildError:
    if _MEMORY.search(text):
        return BuildError("build-out-of-memory", limit="what builds may use")
    if _FILE_SIZE.search(text):
        return BuildError("build-out-of-disk", limit="what builds may use")
    missing = next((match for pattern in _TOOLS if (match := pattern.search(text))), None)
    if missing is not None:
        tool = next(group for group in missing.groups() if group)
        return BuildError("build-tools-missing", package=package, tool=tool, python=python)
    return BuildError("package-build-failed", package=package, reason=build_reason(text), python=python)


def network_reason(text: str) -> str:
    """Return what people understand of a network error."""
    told = re.search(rf"{UNREACHABLE}: ([\w ]+)", text)
    if told:
        text = told.group(1)
    status = re.search(r"HTTP status (?:client|server) error \(([^)]*)\)", text)
    if status:
        return f"it answers {status.group(1)}"
    return next((words for mark, words in _NETWORK_REASONS if mark in text), "the connection fails")


def _line_of(text: str, kind_id: str) -> str:
    """Return the line of uv's output that a cause of this kind rests on, "" where none tells."""
    if kind_id in ("requirement-not-found", "requirements-conflict"):
        # What the resolver found is one sentence, broken into lines.
        said = _RESOLVED.search(" ".join(text.split()))
        return said.group(0) if said else ""
    if kind_id == "package-build-failed" and BLOCKED not in text:
        return build_reason(text)
    patterns = _LINES.get(kind_id, ())
    return next((line for pattern in patterns for line in text.splitlines() if pattern.search(line)), "")


def build_reason(text: str) -> str:
    """Return the line that says most about a failed build: the last exception or compiler error."""
    lines = [line.strip() for line in text.splitlines()]
    telling = [line for line in lines if re.search(r"(^\w*(Error|Exception)\b|\berror:|fatal error)", line)]
    useful = [line for line in telling if not line.startswith(("error: Failed", "error: Failed to"))]
    return _shortened((useful or telling or ["the build says nothing"])[-1])


def _no_solution(plain: str, *, date: str, requirements: Sequence[str]) -> BuildError:
    story = re.sub(r"^.*?No solution found when resolving \S*\s*dependencies:?\s*(?:cause:|╰─▶)?\s*", "", plain).split(
        " hint:"
    )[0]
    wanted = {_name_of(text) for text in requirements}
    absent = _NO_VERSION.search(story)
    if absent and "and you require" in story and story.count("And because") == 0:
        name = canonicalize_name(re.split(r"[<>=!~\[]", absent.group(1))[0])
        if not wanted or name in wanted:
            return BuildError("requirement-not-found", requirement=absent.group(1).rstrip(",."), as_of=date)
    return BuildError("requirements-conflict", as_of=date, reason=_shortened(_without_conclusion(story)))


def _without_conclusion(story: str) -> str:
    return re.sub(r",? we can conclude that (?:your|the) requirements are unsatisfiable\.?$", ".", story).strip()


def _name_of(requirement: str) -> str:
    try:
        return canonicalize_name(Pep508(requirement).name)
    except InvalidRequirement:
        return ""


def _shortened(text: str) -> str:
    text = re.sub(r"//[^/@\s]*@", "//…@", text)
    return text if len(text) <= _REASON_LIMIT else text[: _REASON_LIMIT - 1] + "…"
