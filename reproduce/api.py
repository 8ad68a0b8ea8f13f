"""What the resources of the API that run things share."""

from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class DecidedByView(BasePermission):
    """Leaves the decision to the view, which asks `reproduce.access` once it knows the target."""

    def has_permission(self, _request: Request, _view: APIView) -> bool:
        """Return true; the view refuses."""
        return True
