"""What the notebooks import though the repository, which declares other things, does not declare it.

A package that its authors list for its users rarely lists what its example notebooks need besides. Binder would fail
there; here it is taken as well, and said. Only names that the kept tables know are taken: under a guessed one the index
may hold a stranger's package.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.recipe.findings import judge
from builder.recipe.imports import distribution_of, infer
from builder.recipe.model import Requirement
from builder.recipe.names import KNOWN_MODULES, SAME_MODULE

_KNOWN: Final = frozenset(canonicalize_name(distribution_of(module)) for module in KNOWN_MODULES)


def undeclared(root: Path, notebooks: Sequence[str], declared: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """Return what the notebooks import and `declared` does not name, each with the sentence that says so."""
    named = {_name(each) for each in declared}
    found: list[Requirement] = []
    for text, place in infer(root, notebooks)[0]:
        requirement = judge(text, place)
        name = _name(requirement)
        if name not in named and name in _KNOWN:
            remark = f"{name} is not declared; it is taken as well, because {place} needs it."
            found.append(Requirement(requirement.text, place, requirement.approximation or remark))
    return tuple(found)


def missing_from(wanted: Sequence[Requirement], locked: Collection[str]) -> tuple[Requirement, ...]:
    """Return what is still missing when the packages `locked` (normalised names) are there."""
    brought = {*locked, *(canonicalize_name(SAME_MODULE[name]) for name in locked if name in SAME_MODULE)}
    return tuple(each for each in wanted if _name(each) not in brought)


def _name(requirement: Requirement) -> str:
    return canonicalize_name(Pep508(requirement.text).name)
