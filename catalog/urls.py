"""Addresses of the catalogue."""

from __future__ import annotations

from django.urls import path, register_converter

from catalog import oai_views, search_views, views
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
    path("withdraw/<doi:doi>", views.withdraw, name="withdraw"),
]
