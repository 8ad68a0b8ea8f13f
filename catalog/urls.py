"""Addresses of the catalogue."""

from __future__ import annotations

from django.urls import path, register_converter

from catalog import audit_pages, group_pages, oai_views, search_views, token_pages, views
from catalog.converters import DoiConverter

register_converter(DoiConverter, "doi")

urlpatterns = [
    path("", views.home, name="home"),
    path("about", views.about, name="about"),
    path("feed.atom", search_views.feed, name="feed"),
    path("searches", search_views.searches, name="searches"),
    path("oai", oai_views.oai, name="oai"),
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
