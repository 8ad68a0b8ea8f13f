"""The address that harvesters ask: OAI-PMH 2.0 by GET and POST (docs/harvesting.md)."""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from catalog.exposure.oai.provider import Provider, is_list
from catalog.exposure_shelf import DatabaseShelf
from catalog.this_site import oai_domain, public_contact, this_site

_FORM: Final = "application/x-www-form-urlencoded"
_PATIENCE_S: Final = 5.0
_RETRY_S: Final = 10
_SMALLEST_GZIP: Final = 500
_LISTS = threading.BoundedSemaphore(settings.REPRISE_OAI_LISTS)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def oai(request: HttpRequest) -> HttpResponse:
    """Answer a request of OAI-PMH. Errors of the protocol are answers like any other; 503 is for too many at once."""
    raw = _arguments(request)
    with _turn(raw) as has_turn:
        if not has_turn:
            return HttpResponse(
                "Too many lists are being read; ask again later.\n",
                status=503,
                content_type="text/plain; charset=utf-8",
                headers={"Retry-After": str(_RETRY_S)},
            )
        answer = _provider().answer(raw, now=timezone.now())
    response = HttpResponse(answer, content_type="text/xml; charset=utf-8", headers={"Cache-Control": "no-cache"})
    patch_vary_headers(response, ["Accept-Encoding"])
    if len(answer) > _SMALLEST_GZIP and _accepts_gzip(request.headers.get("Accept-Encoding", "")):
        response.content = gzip.compress(answer, compresslevel=4, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    return response


def _provider() -> Provider:
    return Provider(
        site=this_site(),
        shelf=DatabaseShelf(),
        base_url=f"{settings.REPRISE_URL}/oai",
        domain=oai_domain(),
        admin=public_contact(),
        key=hashlib.sha256(f"oai-pmh resumption {settings.SECRET_KEY}".encode()).digest(),
        page_size=settings.REPRISE_OAI_PAGE,
    )


def _arguments(request: HttpRequest) -> str:
    """Return the raw arguments; a form's follow those of the address, so that what is in both is seen as repeated."""
    parts = [request.META.get("QUERY_STRING", "")]
    if request.method == "POST" and request.content_type == _FORM:
        try:
            parts.append(request.body.decode("latin-1"))
        except RequestDataTooBig:
            # An argument of its own, which no verb knows: too long is as wrong as any other form.
            parts.append("verb=Identify&toolong=1")
    return "&".join(part for part in parts if part)


@contextmanager
def _turn(raw: str) -> Iterator[bool]:
    """Give a list its turn, after a short wait where there are as many as may be read at once."""
    if not is_list(raw):
        yield True
        return
    has_turn = _LISTS.acquire(timeout=_PATIENCE_S)
    try:
        yield has_turn
    finally:
        if has_turn:
            _LISTS.release()


def _accepts_gzip(header: str) -> bool:
    """Tell whether a client asks for gzip by name, with a quality that is not nought (RFC 9110, 12.5.3)."""
    for item in header.lower().split(","):
        coding, _, parameters = item.partition(";")
        if coding.strip() == "gzip":
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", parameters)
    return False
