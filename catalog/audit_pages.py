"""The page of the audit log."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.api import normal_doi
from catalog.audit import ACTIONS
from catalog.models import AuditEntry

_PAGE_SIZE: Final = 50


@never_cache
@login_required
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Show who did what to the publications that the visitor may edit, and what the visitor did."""
    doi, action = (request.GET.get(name, "").replace("\x00", "")[:300] for name in ("doi", "action"))
    entries = AuditEntry.objects.visible_to(request.user)
    if doi:
        entries = entries.filter(doi=normal_doi(doi))
    if action:
        entries = entries.filter(action=action)
    context = {
        "page": Paginator(entries, _PAGE_SIZE).get_page(request.GET.get("page")),
        "doi": doi,
        "action": action,
        "actions": ACTIONS,
        "query": urlencode({name: value for name, value in (("doi", doi), ("action", action)) if value}),
    }
    return render(request, "catalog/audit.html", context)
