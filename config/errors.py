"""From a domain error to an answer: one table of HTTP statuses, a page for people and JSON for programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from rest_framework.response import Response
from rest_framework.views import exception_handler

from catalog.causes import CATALOGUE, FAULT_WORDS, CausedError, Fault

log = structlog.get_logger(__name__)

_BY_FAULT: Final[dict[Fault, int]] = {
    "visitor": 400,
    "author": 422,
    "upstream": 502,
    "operator": 503,
    "service": 500,
}
_BY_CAUSE: Final[dict[str, int]] = {
    "doi-unknown": 404,
    "doi-not-in-catalogue": 404,
    "certificate-missing": 404,
    "doi-taken": 409,
    "group-name-taken": 409,
    "nothing-to-repair": 409,
    "deposit-not-possible": 409,
    "digest-malformed": 404,
    "artefact-missing": 404,
    "notebook-missing": 404,
    "disk-full": 507,
    "preview-missing": 404,
    "preview-not-fetched": 409,
    "preview-too-large": 413,
    "preview-busy": 503,
    "runs-throttled": 429,
    "given-not-offered": 422,
    "review-still-named": 422,
}
STATUSES: Final[dict[str, int]] = {
    kind.id: _BY_CAUSE.get(kind.id, _BY_FAULT[kind.fault]) for kind in CATALOGUE.values()
}


class DomainErrorMiddleware:
    """Answers a CausedError that no view has dealt with; logs it once when it is not the visitor's doing."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Return the answer to a domain error; leave any other error to Django."""
        if not isinstance(error, CausedError):
            return None
        _log(error, request.path)
        status = STATUSES[error.cause.id]
        if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
            return JsonResponse({"cause": error.cause.as_dict()}, status=status)
        context = {"cause": error.cause.as_dict(), "whose": FAULT_WORDS[error.cause.fault], "status": status}
        return render(request, "error.html", context, status=status)


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a domain error of the API as {cause: {id, fault, message, hint}}, and any other as REST framework does."""
    if not isinstance(error, CausedError):
        return exception_handler(error, context)
    _log(error, context["request"].path)
    return Response({"cause": error.cause.as_dict()}, status=STATUSES[error.cause.id])


def _log(error: CausedError, path: str) -> None:
    if error.cause.fault in {"operator", "service"}:
        log.error("refused", path=path, cause=error.cause.id, message=error.cause.message, exc_info=error)
