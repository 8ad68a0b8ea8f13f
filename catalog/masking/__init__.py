"""Masks who made something in whatever is shown of it, so that it can be reviewed blind. Pure."""

from __future__ import annotations

from catalog.masking.mask import Found, Mask
from catalog.masking.people import Identity, identities_of

__all__ = ["Found", "Identity", "Mask", "identities_of"]
