"""How lists of the API are cut into pages."""

from __future__ import annotations

from typing import Final

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

MOST_PER_PAGE: Final = 200
FURTHEST_OFFSET: Final = 1_000_000


class Pages(LimitOffsetPagination):
    """`limit` and `offset`, both bounded: no request makes the service read or count without end."""

    default_limit = 50
    max_limit = MOST_PER_PAGE

    def get_offset(self, request: Request) -> int:
        """Return the offset asked for, at most a million: a larger number is none that a database takes."""
        return min(super().get_offset(request), FURTHEST_OFFSET)
