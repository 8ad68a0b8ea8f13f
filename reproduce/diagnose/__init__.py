"""Why a verdict is not good: one cause of the catalogue for each, with the line it rests on. Pure, no Django.

`explain_failure` tells why a run did not complete, `explain_difference` why outputs differ. Both look at `Facts` alone
and go through a table of rules, the specific before the general; the first that fits decides. `propose` says what
could be declared so that it runs, `sought` which name the releases of a package could be searched for.
"""

from __future__ import annotations

from reproduce.diagnose.differences import explain_difference
from reproduce.diagnose.facts import Facts, StoredCell, facts_of
from reproduce.diagnose.failures import explain_failure
from reproduce.diagnose.proposals import MENDABLE, Proposal, Sought, propose, sought

__all__ = [
    "MENDABLE",
    "Facts",
    "Proposal",
    "Sought",
    "StoredCell",
    "explain_difference",
    "explain_failure",
    "facts_of",
    "propose",
    "sought",
]
