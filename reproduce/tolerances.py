"""How far outputs may be from the published ones, as a target declares it."""

from __future__ import annotations

from catalog.models import Target
from reproduce.compare import Tolerance


def tolerance_of(target: Target) -> Tolerance:
    """Return what the target declares; what it leaves open is the comparison's own choice."""
    return Tolerance(target.rtol, target.atol, target.image_limit, frozenset(target.disabled_rules))
