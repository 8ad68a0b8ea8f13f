"""What one reader of a declaration found, in a form in which several can be joined."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.model import Requirement
from builder.recipe.names import RENAMED

_OLD_PARENTHESES: Final = re.compile(r"^([A-Za-z0-9._-]+(?:\[[^\]]*\])?)\s*\(([^)]*)\)(.*)$")


@dataclass(slots=True)
class Findings:
    """What the files declare: requirements, constraints, the wished Python and where it is from, and remarks."""

    files: list[str] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    constraints: list[Requirement] = field(default_factory=list)
    python: str | None = None
    python_reason: str = ""
    python_specifier: str = ""
    python_specifier_file: str = ""
    approximations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wants_own_package: bool = False

    def add(self, text: str, file: str, approximation: str | None = None) -> None:
        """Take one requirement, judged; raises BuildError requirement-invalid or requirement-forbidden."""
        requirement = judge(text, file, approximation)
        if requirement not in self.requirements:
            self.requirements.append(requirement)
        if requirement.approximation and requirement.approximation not in self.approximations:
            self.approximations.append(requirement.approximation)


def judge(text: str, file: str, approximation: str | None = None) -> Requirement:
    """Return the requirement in PEP 508 form under the name that the index knows today.

    Raises BuildError: requirement-invalid, or requirement-forbidden for one that is fetched from an address.
    """
    text = " ".join(text.split())
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
