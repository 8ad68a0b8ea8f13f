"""How lists of the API are cut into pages."""

from __future__ import annotations

from typing import Any, Final

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.counts import count_of

MOST_PER_PAGE: Final = 200
FURTHEST_OFFSET: Final = 1_000_000


class Pages(LimitOffsetPagination):
    """`limit` and `offset`, both bounded: no request makes the service read or count without end.

    Raises ValidationError for what is no count. One that is too large is taken for the largest there is.
    """

    default_limit = 50
    max_limit = MOST_PER_PAGE

    def get_limit(self, request: Request) -> int:
        """Return how many are asked for, from 1 to 200."""
        asked = count_of(request, self.limit_query_param, least=1)
        return self.default_limit if asked is None else min(asked, MOST_PER_PAGE)

    def get_offset(self, request: Request) -> int:
        """Return the offset asked for, at most a million: a larger number is none that a database takes."""
        return min(count_of(request, self.offset_query_param, least=0) or 0, FURTHEST_OFFSET)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:  # Any: JSON
        """Describe both with their bounds."""
        least = {self.limit_query_param: 1, self.offset_query_param: 0}
        described: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        return [{**one, "schema": {**one["schema"], "minimum": least[one["name"]]}} for one in described]
