"""What one reader of a declaration found, in a form in which several can be joined."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.documents import ENTRIES_LIMIT, without_credentials
from builder.recipe.model import Extra, Requirement
from builder.recipe.names import RENAMED

_CHANNELS_LIMIT: Final = 50
_TEXT_LIMIT: Final = 1000
_PYTHON: Final = re.compile(r"(\d\.\d{1,2}(?:\.\d{1,2})?)(?!\d)")
_OLD_PARENTHESES: Final = re.compile(r"^([A-Za-z0-9._-]+(?:\[[^\]]*\])?)\s*\(([^)]*)\)(.*)$")


@dataclass(slots=True)
class Findings:
    """What the files declare: requirements, constraints, the wished Python and where it is from, and remarks.

    `projects` are the folders of the repository that are asked for as packages, each with the extras that are wanted;
    `read` the files that were read, each as requirements or as constraints.
    """

    files: list[str] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    constraints: list[Requirement] = field(default_factory=list)
    python: str | None = None
    python_reason: str = ""
    python_specifier: str = ""
    python_specifier_file: str = ""
    approximations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    projects: dict[PurePosixPath, set[str]] = field(default_factory=dict)
    is_locked: bool = False
    read: set[tuple[str, bool]] = field(default_factory=set)
    _known: set[Requirement] = field(default_factory=set)

    def add(self, text: str, file: str, approximation: str | None = None, *, is_said: bool = True) -> Requirement:
        """Take one requirement and return it judged; its approximation is among those of the recipe if `is_said`.

        Raises BuildError requirement-invalid, requirement-forbidden or, for too many, recipe-unreadable.
        """
        requirement = judge(text, file, approximation)
        if requirement not in self._known:
            if len(self._known) >= ENTRIES_LIMIT:
                raise BuildError("recipe-unreadable", file=file, reason=f"it has more than {ENTRIES_LIMIT} entries")
            self._known.add(requirement)
            self.requirements.append(requirement)
        if is_said and requirement.approximation and requirement.approximation not in self.approximations:
            self.approximations.append(requirement.approximation)
        return requirement

    def limit(self, text: str, file: str) -> None:
        """Take one constraint; raises BuildError as `add` does."""
        if len(self.constraints) >= ENTRIES_LIMIT:
            raise BuildError("recipe-unreadable", file=file, reason=f"it has more than {ENTRIES_LIMIT} entries")
        judged = judge(text, file)
        # A constraint is on a package, whichever of its extras somebody wants.
        self.constraints.append(replace(judged, text=re.sub(r"\[[^\]]*\]", "", judged.text, count=1)))

    def take_file(self, file: str) -> None:
        """Count the file among those that were read."""
        if file not in self.files:
            self.files.append(file)

    def take_python(self, version: str, file: str) -> None:
        """Take the Python that a file names, unless one that goes before it did."""
        named = _PYTHON.match(version)
        if version and not named:
            self.notes.append(f"{file}: “{version[:40]}” is no Python version.")
        elif named and not self.python:
            self.python, self.python_reason = named.group(1), f"{file} asks for Python {named.group(1)}"

    def take_python_range(self, specifier: object, file: str) -> None:
        """Take the Pythons that a file allows, unless one that goes before it did."""
        if isinstance(specifier, str) and specifier.strip() and not self.python_specifier:
            self.python_specifier, self.python_specifier_file = specifier.strip()[:100], file

    def take_channel(self, channel: str) -> None:
        """Take a channel of conda, as it can be shown."""
        shown = without_credentials(channel)
        if shown and shown not in self.channels and len(self.channels) < _CHANNELS_LIMIT:
            self.channels.append(shown)


def judge(text: str, file: str, approximation: str | None = None) -> Requirement:
    """Return the requirement in PEP 508 form under the name that the index knows today.

    Raises BuildError: requirement-invalid, or requirement-forbidden for one that is fetched from an address.
    """
    text = " ".join(text.split())
    if len(text) > _TEXT_LIMIT:
        reason = f"it has more than {_TEXT_LIMIT} letters"
        raise BuildError("requirement-invalid", requirement=text[:200], file=file, reason=reason)
    old_form = _OLD_PARENTHESES.match(text)
    if old_form:
        text = f"{old_form.group(1)}{old_form.group(2)}{old_form.group(3)}"
    try:
        parsed = Pep508(text)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0][:200]
        raise BuildError("requirement-invalid", requirement=text[:200], file=file, reason=reason) from error
    if parsed.url:
        reason = "it is fetched from an address, whose content can change"
        raise BuildError("requirement-forbidden", requirement=text[:200], file=file, reason=reason)
    known_as = RENAMED.get(canonicalize_name(parsed.name))
    if known_as is not None:
        old = parsed.name
        parsed.name, reason = known_as
        if known_as[0] != old:
            # A renamed project starts its own count of versions.
            approximation = approximation or f"{old} in {file} is taken as {parsed.name}: {reason}."
            parsed.specifier = type(parsed.specifier)("")
    return Requirement(str(parsed), file, approximation)


def inside(root: Path, folder: PurePosixPath, target: str, *, file: str) -> PurePosixPath:
    """Return `target`, named in a file of `folder`, relative to `root`.

    Raises BuildError requirement-forbidden when it is not a file inside the repository.
    """
    real_root = root.resolve()
    real = (root / folder / target).resolve()
    if "://" in target or not real.is_relative_to(real_root):
        reason = "only files of the repository are read"
        raise BuildError("requirement-forbidden", requirement=target[:200], file=file, reason=reason)
    return PurePosixPath(real.relative_to(real_root).as_posix())
