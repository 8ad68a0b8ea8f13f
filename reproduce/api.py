"""What the resources of the API that run things share."""

from __future__ import annotations

from typing import NoReturn

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class DecidedByView(BasePermission):
    """Leaves the decision to the view, which asks `reproduce.access` once it knows the target."""

    # The description of the API says that nobody need log in.
    is_open = True

    def has_permission(self, _request: Request, _view: APIView) -> bool:
        """Return true; the view refuses."""
        return True


@extend_schema(exclude=True)
class NothingView(APIView):
    """Every address below the API that nothing is at: a program is answered in JSON there too."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: object, **kwargs: object) -> NoReturn:  # noqa: ARG002 - REST framework's
        """Answer 404, whatever the method."""
        raise Http404("nothing is here")
