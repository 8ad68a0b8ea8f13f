"""Tell pip's refusals apart: each becomes a cause of the catalogue, in the words that uv's have."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.engines.old_python.dated_index import DatedIndex
from builder.engines.uv_errors import build_refusal
from builder.errors import BuildError

_REASON_LIMIT: Final = 600
_DISK_FULL: Final = re.compile(r"No space left on device|Disk quota exceeded|Errno 28\b|Errno 122\b")
_HASH: Final = re.compile(r"THESE PACKAGES DO NOT MATCH THE HASHES")
# pip 20.3 goes on to older releases when a setup.py fails ("Discarding"), and then says only that it has found none.
_BUILD: Final = re.compile(
    r"Command errored out with exit status|Discarding http|metadata-generation-failed|did not run successfully"
    r"|Failed building wheel for|subprocess-exited-with-error|Failed to build "
)
_PIPS_WORDS: Final = re.compile(
    r"error: (metadata-generation-failed|subprocess-exited-with-error|legacy-install-failure)"
)
_NOT_FOUND: Final = re.compile(r"No matching distribution found for (\S.*?)(?: \(from |$)", re.MULTILINE)
_CONFLICT: Final = re.compile(r"The conflict is caused by:\s*(.*?)\s*(?:To fix this|$)", re.DOTALL)
_CANNOT: Final = re.compile(r"Cannot install (.*?)\.?$", re.MULTILINE)


def tell(text: str, *, index: DatedIndex, python: str, wanted: Collection[str], root: Path) -> BuildError:
    """Return the BuildError that pip's output means. `wanted` are the names that the recipe itself asks for."""
    date = f"{index.as_of:%Y-%m-%d}"
    if _DISK_FULL.search(text):
        return BuildError("disk-full", path=root)
    if index.failure is not None:
        return index.failure
    source = index.last_source
    if source is not None and _BUILD.search(text):
        package = f"{source.project}=={source.version}"
        return build_refusal(without_pips_words(text), package=package, as_of=index.as_of, python=python, root=root)
    absent = _NOT_FOUND.search(text)
    if absent:
        error = _absent(absent.group(1).strip(), index=index, date=date, python=python, wanted=wanted)
        return error.seen_in(absent.group(0))
    conflict = _CONFLICT.search(text) or _CANNOT.search(text)
    if conflict:
        reason = _shortened(" ".join(conflict.group(1).split()))
        return BuildError("requirements-conflict", as_of=date, reason=reason).seen_in(conflict.group(0))
    return BuildError("internal-error", reason=f"pip ended with: {_shortened(' '.join(text.split())[-_REASON_LIMIT:])}")


def without_pips_words(text: str) -> str:
    """Return the output of a build without the lines in which pip only says that it failed."""
    return "\n".join(line for line in text.splitlines() if not _PIPS_WORDS.search(line))


def _absent(requirement: str, *, index: DatedIndex, date: str, python: str, wanted: Collection[str]) -> BuildError:
    """Tell what the index has not from what it has, but not for this Python or not as a wheel."""
    try:
        asked = Pep508(requirement)
    except InvalidRequirement:
        return BuildError("requirements-conflict", as_of=date, reason=f"nothing fulfils “{requirement}”")
    name = canonicalize_name(asked.name)
    versions = index.versions(name)
    if not versions or (
        name in wanted and not any(asked.specifier.contains(each, prereleases=True) for each in versions)
    ):
        return BuildError("requirement-not-found", requirement=f"{name}{asked.specifier}", as_of=date)
    reason = f"of {name}{asked.specifier} there is nothing that can be installed on Python {python}"
    return BuildError("requirements-conflict", as_of=date, reason=reason)


def _shortened(text: str) -> str:
    return text if len(text) <= _REASON_LIMIT else text[: _REASON_LIMIT - 1] + "…"
