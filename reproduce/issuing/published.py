"""What verifiers fetch: the issuer's keys, the status lists, and the JSON-LD context. The same for everybody."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from reproduce.certificates.status import ENTRIES, PURPOSES
from reproduce.issuing.keyring import issuer_did, own_issuer_document
from reproduce.issuing.ledger import log_size
from reproduce.issuing.statuses import status_list
from reproduce.models import IssuerKey

CONTEXT_FILE: Final = Path(__file__).parent.parent / "certificates" / "certificate-v1.jsonld"
# Verifiers run in browsers too, and nothing here depends on who asks.
_OPEN: Final = {"Access-Control-Allow-Origin": "*"}


@require_safe
def issuer(_request: HttpRequest) -> HttpResponse:
    """Give the DID document of this installation; there is none before the first certificate."""
    did = issuer_did()
    if not IssuerKey.objects.filter(did=did).exists():
        raise Http404("no key yet")
    return JsonResponse(
        own_issuer_document(did),
        json_dumps_params={"indent": 1},
        content_type="application/did+ld+json",
        headers=_OPEN | {"Cache-Control": "public, max-age=300"},
    )


@require_safe
def statuses(_request: HttpRequest, purpose: str, number: int) -> HttpResponse:
    """Give a status list, signed now."""
    size = log_size()
    if purpose not in PURPOSES or not size or number > (size - 1) // ENTRIES:
        raise Http404("no such list")
    headers = _OPEN | {"Cache-Control": "public, max-age=60"}
    return JsonResponse(status_list(purpose, number), content_type="application/vc", headers=headers)


@require_safe
def context(_request: HttpRequest) -> HttpResponse:
    """Give the context that the terms of certificates are defined in; it never changes under this address."""
    headers = _OPEN | {"Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(_context(), content_type="application/ld+json", headers=headers)


@cache
def _context() -> bytes:
    return CONTEXT_FILE.read_bytes()
