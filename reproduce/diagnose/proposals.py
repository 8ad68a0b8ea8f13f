"""What could be declared so that a failed notebook runs: a package, a version of one, or a Python. Pure.

A proposal is a guess with a reason. Whether it helps is found by trying it (reproduce.cli.repair); nobody is offered
one that was not seen to work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from builder.recipe.imports import distribution_of
from builder.recipe.names import KNOWN_MODULES
from reproduce.diagnose.facts import Facts
from reproduce.diagnose.failures import explain_failure
from reproduce.diagnose.known_names import KNOWN_NAMES, Known
from reproduce.diagnose.python_names import ADDED, REMOVED
from reproduce.diagnose.versions import is_at_least, optional_module, said_removed
from reproduce.diagnose.wanted import brought_by, missing_module, wanted_names

# An index needs a while until all files of a release are there.
_A_DAY: Final = timedelta(days=1)
# Of these something that can be declared may be the cure.
MENDABLE: Final = frozenset(
    {
        *("module-missing", "api-removed", "api-not-yet", "api-changed", "name-missing"),
        *("python-2-code", "python-too-new", "python-too-old"),
    }
)
_KNOWN: Final[dict[str, str]] = {module.lower(): module for module in KNOWN_MODULES}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A requirement to declare, as "tabulate" or "numpy<1.24", or a Python, as "3.9"; and why, as a sentence.

    `needs_later_date` tells that the version may be younger than the date that was resolved as of; `there_since` is the
    date from which on it can be had, where that is known.
    """

    reason: str
    requirement: str = ""
    python: str = ""
    needs_later_date: bool = False
    there_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """A name that the release at hand of a package lacks, and no table knows when that had it. `cell` needs it."""

    cell: str
    package: str
    version: str
    module: str
    name: str

    def until(self, version: str, beyond: str) -> Proposal:
        """Return what to declare where an older release was found to have it, and the next one, `beyond`, not."""
        known = f"{self.package} {version} has and {beyond} has not"
        return Proposal(f"Cell {self.cell} uses {self.module}.{self.name}, which {known}.", f"{self.package}<{beyond}")

    def since(self, version: str, uploaded: datetime) -> Proposal:
        """Return what to declare where a later release was found to have it."""
        known = f"{self.package} has since {version} of {uploaded:%Y-%m-%d}"
        reason = f"Cell {self.cell} uses {self.module}.{self.name}, which {known}."
        requirement = f"{self.package}>={version}"
        return Proposal(reason, requirement, needs_later_date=True, there_since=uploaded + _A_DAY)


def sought(facts: Facts) -> Sought | None:
    """Return the name that releases of a package can be searched for, None where the failure is another."""
    found = explain_failure(facts)
    if found is None or found.id != "name-missing" or facts.language != "python":
        return None
    wanted = missing_module(facts) or next(iter(wanted_names(facts)), "")
    module, _, name = wanted.rpartition(".")
    package = brought_by(module) if module else ""
    if package not in facts.packages:
        return None
    return Sought(facts.cell, package, facts.packages[package], module, name)


def propose(facts: Facts) -> Proposal | None:
    """Return what to declare, None where nothing that is known could help.

    A module that the kept tables of names do not have is not proposed: under a guessed name the index may hold a
    stranger's package.
    """
    found = explain_failure(facts)
    if found is None or facts.language != "python":
        return None
    if found.id == "module-missing":
        return _package(facts)
    if found.id in ("api-removed", "api-not-yet", "api-changed"):
        return _version(facts)
    if found.id == "python-2-code":
        return Proposal(f"Cell {facts.cell} is written for Python 2.", python="2.7")
    if found.id in ("python-too-new", "python-too-old"):
        return _python(facts)
    return None


def _package(facts: Facts) -> Proposal | None:
    module = optional_module(facts) or missing_module(facts)
    known = _KNOWN.get(module.split(".")[0].lower())
    distribution = distribution_of(module if known == module.split(".")[0] else known or "")
    if known is None or distribution in facts.packages:
        return None
    return Proposal(f"Cell {facts.cell} needs the module {module}, which {distribution} brings.", distribution)


def _version(facts: Facts) -> Proposal | None:
    for known in _known(facts):
        here = facts.packages.get(known.package)
        if here is None:
            continue
        is_since = is_at_least(here, known.since)
        if known.change == "added" and not is_since:
            reason = f"Cell {facts.cell} uses {known.name}, which {known.package} has since {known.since}."
            return Proposal(reason, f"{known.package}>={known.since}", needs_later_date=True)
        if known.change == "removed" and is_since:
            reason = f"Cell {facts.cell} uses {known.name}, which {known.package} {known.since} removed."
            return Proposal(reason, f"{known.package}<{known.since}")
    if said := said_removed(facts):
        name, package, since = said
        if is_at_least(facts.packages.get(package, ""), since):
            return Proposal(f"Cell {facts.cell} uses {name}, which {package} {since} removed.", f"{package}<{since}")
    return None


def _known(facts: Facts) -> tuple[Known, ...]:
    return tuple(known for name in wanted_names(facts) for known in KNOWN_NAMES.get(name, ()))


def _python(facts: Facts) -> Proposal | None:
    for name in wanted_names(facts):
        if name in REMOVED:
            since = REMOVED[name][0]
            major, minor = since.split(".")
            reason = f"Cell {facts.cell} uses {name}, which Python {since} removed."
            return Proposal(reason, python=f"{major}.{int(minor) - 1}")
        if name in ADDED and ADDED[name].startswith("3."):
            reason = f"Cell {facts.cell} uses {name}, which Python has since {ADDED[name]}."
            return Proposal(reason, python=ADDED[name], needs_later_date=True)
    return None
