"""Environments that the facility gives, by the names under which a target may choose them."""

from __future__ import annotations

import re
from typing import Final

from django.conf import settings

from catalog.errors import CatalogError
from catalog.resources import MODULE

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")


def given_names() -> tuple[str, ...]:
    """Return the names that the operator gives, sorted."""
    return tuple(sorted({*settings.REPRISE_GIVEN_PREFIXES, *settings.REPRISE_GIVEN_MODULES}))


def check_given(name: str) -> None:
    """Raise CatalogError given-not-offered for a name that the operator does not give."""
    if name not in given_names():
        known = ", ".join(given_names()) or "none"
        raise CatalogError("given-not-offered", name=name if NAME.fullmatch(name) else "·", known=known)


def is_module(text: str) -> bool:
    """Tell whether it can be the name of an environment module."""
    return MODULE.fullmatch(text) is not None
