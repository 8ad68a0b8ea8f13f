"""Records at their stable addresses, the sitemap that lists their pages, and what robots are asked."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from catalog.eosc_profile import UnknownOperatorError, eosc_profile
from catalog.exposed_pages import SITEMAP_SIZE, count_pages, last_change, pages
from catalog.exposing import stored_record
from catalog.exposure import sitemap
from catalog.landing import OPEN_HEADERS, Landing, document
from catalog.this_site import this_site

# As many parts as an index may list.
_MOST_PARTS: Final = 50_000
GONE: Final = "This record was withdrawn from the catalogue.\n"


@require_safe
def record_document(request: HttpRequest, key: str, suffix: str) -> HttpResponse:
    """Give a record in one format; 410 where it was withdrawn, 404 where it never was or has no such format."""
    stored = stored_record(key)
    if stored is None:
        raise Http404("no such record")
    if stored.record is None:
        return HttpResponse(GONE, status=410, content_type="text/plain; charset=utf-8", headers=OPEN_HEADERS)
    try:
        return document(request, Landing(stored.record, stored.datestamp, this_site()), suffix)
    except LookupError as error:
        raise Http404("the record has no such format") from error


@require_safe
@cache_control(max_age=3600)
def sitemap_index(_request: HttpRequest) -> HttpResponse:
    """List all pages of records, or the files that do where one would hold too many."""
    site, count = this_site(), count_pages()
    if count <= SITEMAP_SIZE:
        return _xml(sitemap.write_sitemap(pages(0), home=site.url + "/"))
    files = (count - 1) // SITEMAP_SIZE + 1
    return _xml(
        sitemap.write_index((f"{site.url}/sitemap-{number + 1}.xml", last_change(number)) for number in range(files))
    )


@require_safe
@cache_control(max_age=3600)
def sitemap_part(_request: HttpRequest, number: int) -> HttpResponse:
    """List one part of the pages."""
    found = list(pages(number - 1)) if 0 < number <= _MOST_PARTS else []
    if not found:
        raise Http404("no such part")
    return _xml(sitemap.write_sitemap(found))


@require_safe
@cache_control(max_age=3600)
def robots(_request: HttpRequest) -> HttpResponse:
    """Say what robots are asked to leave, and where the sitemap stands."""
    return HttpResponse(sitemap.write_robots(this_site()), content_type="text/plain; charset=utf-8")


@require_safe
def eosc(_request: HttpRequest) -> HttpResponse:
    """Give this service in EOSC's words; not found where its operator has not said who it is."""
    try:
        profile = eosc_profile()
    except UnknownOperatorError as error:
        raise Http404("the operator has not said who it is") from error
    return JsonResponse(profile, json_dumps_params={"indent": 2, "ensure_ascii": False}, headers=OPEN_HEADERS)


def _xml(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type=f"{sitemap.MEDIA_TYPE}; charset=utf-8")
