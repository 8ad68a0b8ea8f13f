"""Pages of certificates: the certificate itself, its verification, and the log; each with its machine twin."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.audit import actor_of
from catalog.clock import database_now
from catalog.landing import find_landing, negotiated, signposted, with_vary
from reproduce.certificates.canonical import MOST_BYTES, MalformedError
from reproduce.certificates.material import read_material
from reproduce.certificates.verify import OUTCOME_WORDS, outcome_of, verify
from reproduce.deposit_choice import ask_for_deposit, deposit_of, may_ask, may_edit
from reproduce.issuing.presentation import certificate_context, check_rows, outcome_tone
from reproduce.issuing.proofs import latest_head, package_of
from reproduce.issuing.verification import with_own_knowledge
from reproduce.models import Certificate, LogEntry

VC_TYPE: Final = "application/vc"
_MACHINE_TYPES: Final = (VC_TYPE, "application/ld+json", "application/json")
_SHOWN_ENTRIES: Final = 30
OPEN: Final = {"Access-Control-Allow-Origin": "*"}


def visible_certificate(request: HttpRequest, certificate_id: uuid.UUID) -> Certificate:
    """Return the certificate if the viewer may see its publication. Raises Http404."""
    visible = Certificate.objects.visible_to(request.user).select_related("entry", "key", "target__publication")
    return get_object_or_404(visible, pk=certificate_id)


@require_safe
def certificate_page(request: HttpRequest, certificate_id: uuid.UUID) -> HttpResponse:
    """Show a certificate to people; to a program that asks for one of its media types, the credential itself."""
    certificate = visible_certificate(request, certificate_id)
    landing = find_landing(f"certificate/{certificate.pk}")
    if (answer := negotiated(request, landing, own=_MACHINE_TYPES)) is not None:
        return answer
    if request.get_preferred_type(["text/html", *_MACHINE_TYPES]) in _MACHINE_TYPES:
        return with_vary(_credential(certificate))
    context = {**certificate_context(certificate, timezone.now()), "landing": landing}
    context["deposit"] = deposit_of(certificate)
    context["may_edit"] = may_edit(certificate, request.user)
    context["may_ask"] = may_ask(certificate, request.user)
    return signposted(render(request, "certificates/certificate.html", context), landing)


@login_required
@require_POST
def certificate_deposit(request: HttpRequest, certificate_id: uuid.UUID) -> HttpResponse:
    """Ask for the deposit of the evidence of one certificate; how far it is stands on its page."""
    certificate = visible_certificate(request, certificate_id)
    if not may_edit(certificate, request.user):
        raise Http404("no such certificate")
    ask_for_deposit(certificate, now=database_now(), by=actor_of(request))
    messages.success(request, "Its evidence will be deposited. How far that is stands below, under “What proves it”.")
    return redirect(certificate)


@require_safe
def certificate_json(request: HttpRequest, certificate_id: uuid.UUID) -> HttpResponse:
    """Give the credential, byte by byte as it stands in the log."""
    return _credential(visible_certificate(request, certificate_id))


@require_safe
def certificate_package(request: HttpRequest, certificate_id: uuid.UUID) -> HttpResponse:
    """Give the credential with keys, proofs and lists in one file, to be verified without a network."""
    certificate = visible_certificate(request, certificate_id)
    response = JsonResponse(package_of(certificate), json_dumps_params={"indent": 1}, headers=OPEN)
    response.headers["Content-Disposition"] = f'attachment; filename="certificate-{certificate.pk}.json"'
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify_page(request: HttpRequest) -> HttpResponse:
    """Verify a certificate that is sent or pasted; nothing of it is kept."""
    context: dict[str, Any] = {"most_megabytes": MOST_BYTES >> 20}
    if request.method == "POST":
        context |= _verified(request)
    return render(request, "certificates/verify.html", context)


@require_safe
def log_page(request: HttpRequest) -> HttpResponse:
    """Show the head of the log and its newest entries."""
    head = latest_head()
    entries = list(LogEntry.objects.order_by("-seq").defer("document").select_related("certificate")[:_SHOWN_ENTRIES])
    keys = [entry.certificate.pk for entry in entries if hasattr(entry, "certificate")]
    visible = set(Certificate.objects.visible_to(request.user).filter(pk__in=keys).values_list("pk", flat=True))
    rows = [
        {
            "entry": entry,
            "certificate": entry.certificate
            if hasattr(entry, "certificate") and entry.certificate.pk in visible
            else None,
        }
        for entry in entries
    ]
    return render(request, "certificates/log.html", {"head": head.as_json() if head else None, "rows": rows})


def _credential(certificate: Certificate) -> HttpResponse:
    return HttpResponse(certificate.entry.document.encode(), content_type=VC_TYPE, headers=OPEN)


def _verified(request: HttpRequest) -> dict[str, Any]:
    sent = request.FILES.get("file")
    pasted = request.POST.get("text", "").encode("utf-8", "replace")
    data = sent.read(MOST_BYTES + 1) if sent is not None else pasted
    if not data.strip():
        return {"problem": "Choose a file or paste a certificate."}
    try:
        material = with_own_knowledge(read_material(data))
    except MalformedError as error:
        return {"problem": f"This is not a certificate that can be read: {error}."}
    checks = verify(material, now=timezone.now())
    outcome = outcome_of(checks)
    name, found = material.certificate.get("name"), material.certificate.get("id")
    return {
        "outcome": outcome,
        "outcome_words": OUTCOME_WORDS[outcome],
        "checks": check_rows(checks),
        "tone": outcome_tone(outcome),
        "name": name if isinstance(name, str) else "",
        "found": _own_page(request, found),
    }


def _own_page(request: HttpRequest, name: object) -> Certificate | None:
    try:
        key = uuid.UUID(str(name).rpartition("/")[2])
    except ValueError:
        return None
    return Certificate.objects.visible_to(request.user).filter(pk=key).first()
