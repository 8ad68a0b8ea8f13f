"""Counts in the query of a request to the API."""

from __future__ import annotations

from typing import Final

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

# More is none that a database takes.
_MOST_DIGITS: Final = 18


def count_of(request: Request, name: str, *, least: int = 0) -> int | None:
    """Return the count that a query parameter is; None where it is not given or empty. Raises ValidationError."""
    asked = request.query_params.getlist(name)
    if not any(asked):
        return None
    text = asked[-1]
    if len(asked) > 1 or not (text.isascii() and text.isdigit()) or int(text[:_MOST_DIGITS]) < least:
        raise ValidationError({name: [f"This is not a whole number of at least {least}."]})
    return int(text[:_MOST_DIGITS])
