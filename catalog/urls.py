"""Addresses of the catalogue."""

from __future__ import annotations

from django.urls import include, path, re_path, register_converter

from catalog import audit_pages, group_pages, oai_views, panosc_views, record_views, search_views, token_pages, views
from catalog.converters import DoiConverter, RecordKeyConverter, RecordSuffixConverter

register_converter(DoiConverter, "doi")
register_converter(RecordKeyConverter, "record_key")
register_converter(RecordSuffixConverter, "record_suffix")

# Counts and files stand before the identifier, which may hold slashes and takes all that follows.
PANOSC = [
    path("openapi.json", panosc_views.description, name="panosc-description"),
    *(
        path(f"{kind}s", panosc_views.many, {"kind": kind}, name=f"panosc-{kind.lower()}s")
        for kind in panosc_views.KINDS
    ),
    *(
        path(f"{kind}s/count", panosc_views.how_many, {"kind": kind}, name=f"panosc-{kind.lower()}-count")
        for kind in panosc_views.KINDS
    ),
    path("Datasets/<path:pid>/files/count", panosc_views.how_many_files, name="panosc-file-count"),
    path("Datasets/<path:pid>/files", panosc_views.files, name="panosc-files"),
    *(
        path(f"{kind}s/<path:pid>", panosc_views.one, {"kind": kind}, name=f"panosc-{kind.lower()}")
        for kind in panosc_views.KINDS
    ),
    re_path(r"^[\s\S]*\Z", panosc_views.nothing, name="panosc-nothing"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("about", views.about, name="about"),
    path("feed.atom", search_views.feed, name="feed"),
    path("searches", search_views.searches, name="searches"),
    path("oai", oai_views.oai, name="oai"),
    path("panosc/api/", include(PANOSC)),
    path("records/<record_key:key>.<record_suffix:suffix>", record_views.record_document, name="record"),
    path("sitemap.xml", record_views.sitemap_index, name="sitemap"),
    path("sitemap-<int:number>.xml", record_views.sitemap_part, name="sitemap-part"),
    path(".well-known/eosc.json", record_views.eosc, name="eosc"),
    path("robots.txt", record_views.robots, name="robots"),
    path("mine", views.mine, name="mine"),
    path("edit/<doi:doi>", views.edit, name="edit"),
    path("publish/<doi:doi>", views.publish, name="publish"),
    path("embargo/<doi:doi>", views.embargo, name="embargo"),
    path("withdraw/<doi:doi>", views.withdraw, name="withdraw"),
    path("groups", group_pages.groups, name="groups"),
    path("groups/<int:group_id>", group_pages.group, name="group"),
    path("tokens", token_pages.tokens, name="tokens"),
    path("audit", audit_pages.audit, name="audit"),
]
