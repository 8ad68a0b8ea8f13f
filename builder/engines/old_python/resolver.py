"""Resolve requirements for a Python that uv does not support: its own pip chooses from the index as of a date."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from builder.engines.interpreters import Interpreter
from builder.engines.old_python.dated_index import DatedIndex, Rules, serve
from builder.engines.old_python.index_page import IndexFile
from builder.engines.old_python.pip_errors import tell
from builder.engines.old_python.pip_process import OldPip
from builder.engines.old_python.tools import make_tools
from builder.engines.old_python.upstream import Upstream
from builder.errors import BuildError

# The year after the last releases for Python 2.7 and 3.5. Later ones do not always say that they need a newer Python.
_END_OF_THEIR_TIME: Final = datetime(2021, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to resolve: requirements and constraints in PEP 508 form, as of a date, with exceptions by project.

    `tools` is the date of the build tools; `extra` are names of what setup.py files import without asking for it.
    """

    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    as_of: datetime
    dates: Mapping[str, datetime]
    tools: datetime
    extra: tuple[str, ...]
    wheels_only: tuple[str, ...]
    are_sources_allowed: bool

    def rules(self) -> Rules:
        """Return what of the index answers it."""
        asked = list(_parsed((*self.requirements, *self.constraints)))
        return Rules(
            as_of=self.as_of,
            # setuptools, as part of an environment, is that of the build tools: as uv has it, too.
            dates={**self.dates, "setuptools": self.tools, "wheel": self.tools},
            wheels_only=frozenset(self.wheels_only),
            are_sources_shown=self.are_sources_allowed,
            pinned=frozenset(pin for each in asked for pin in _pins(each)),
            with_prereleases=frozenset(canonicalize_name(each.name) for each in asked if each.specifier.prereleases),
        )


@dataclass(frozen=True, slots=True)
class Resolved:
    """The text of a pylock.toml with the one file of each package that was chosen, and what is to be said of it."""

    text: str
    remarks: tuple[str, ...]


def resolve(wanted: Wanted, upstream: Upstream, pip: OldPip) -> Resolved:
    """Return what the old pip chooses for its Python.

    Strangers' setup.py may run, in the sandbox, in a virtual environment of pip's folder: nothing else may use that.
    Raises BuildError with the same causes as a resolution by uv.
    """
    asked, limits = pip.folder / "requirements.in", pip.folder / "constraints.in"
    asked.write_text("".join(f"{each}\n" for each in wanted.requirements), encoding="utf-8")
    limits.write_text("".join(f"{each}\n" for each in wanted.constraints), encoding="utf-8")
    with (
        tempfile.TemporaryDirectory(prefix="chosen-", dir=pip.folder, ignore_cleanup_errors=True) as folder,
        serve(upstream, wanted.rules()) as index,
    ):
        tools = make_tools(pip, index, tools=wanted.tools, extra=wanted.extra)
        answer = pip.run(
            ["download", "-r", str(asked), "-c", str(limits), "-d", folder], virtualenv=tools, index_url=index.url
        )
        if answer.status:
            names = [canonicalize_name(each.name) for each in _parsed(wanted.requirements)]
            raise tell(answer.text, index=index, python=pip.python.version, wanted=names, root=pip.folder)
        files = _files(Path(folder), index)
    remarks = tuple(_withdrawn(each) for each in files if each.is_yanked)
    return Resolved(_lock_text(files, pip.python, upstream.address), remarks)


def last_date(python: Interpreter, as_of: datetime, now: datetime) -> datetime:
    """Return the latest date as of which resolving for this Python makes sense."""
    return min(now, max(as_of, _END_OF_THEIR_TIME)) if python.is_older_than_uv else now


def _files(chosen: Path, index: DatedIndex) -> list[IndexFile]:
    """Return the files that pip left in `chosen`. A setup.py could have left others: they are no part of the index."""
    names = sorted(path.name for path in chosen.iterdir())
    files = [index.offered(name) for name in names]
    found = {each.project: each for each in files if each is not None}
    if len(found) != len(names):
        raise BuildError("internal-error", reason="pip has left files that the index does not have")
    return [found[name] for name in sorted(found)]


def _withdrawn(file: IndexFile) -> str:
    reason = f" (“{file.yank_reason}”)" if file.yank_reason else ""
    return f"{file.project}=={file.version} was withdrawn by its authors{reason}, and is taken because it is pinned."


def _lock_text(files: Sequence[IndexFile], python: Interpreter, index_url: str) -> str:
    major, minor = python.minor
    head = ['lock-version = "1.0"', 'created-by = "reprise"', f'requires-python = "=={major}.{minor}.*"']
    return "\n".join(head) + "\n" + "".join(_entry(each, index_url) for each in files)


def _entry(file: IndexFile, index_url: str) -> str:
    size = "" if file.size is None else f", size = {file.size}"
    uploaded = file.uploaded.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    url, sha256 = json.dumps(file.url), json.dumps(file.sha256)
    facts = f"{{ url = {url}, upload-time = {uploaded}{size}, hashes = {{ sha256 = {sha256} }} }}"
    lines = [
        "",
        "[[packages]]",
        f"name = {json.dumps(file.project)}",
        f"version = {json.dumps(str(file.version))}",
        f"index = {json.dumps(index_url)}",
        f"wheels = [{facts}]" if file.is_wheel else f"sdist = {facts}",
    ]
    return "\n".join(lines) + "\n"


def _parsed(texts: Iterable[str]) -> Iterable[Pep508]:
    for text in texts:
        try:
            yield Pep508(text)
        except InvalidRequirement:
            continue  # pip says so itself


def _pins(requirement: Pep508) -> Iterable[tuple[str, Version]]:
    for each in requirement.specifier:
        if each.operator in ("==", "===") and not each.version.endswith(".*"):
            try:
                yield canonicalize_name(requirement.name), Version(each.version)
            except InvalidVersion:
                continue
