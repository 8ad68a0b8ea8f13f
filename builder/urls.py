"""Addresses of registering a repository and its targets."""

from __future__ import annotations

from django.urls import path

from builder import figures, notebooks_page, views

urlpatterns = [
    path("register", views.register, name="register"),
    path("targets/<doi:doi>", views.targets, name="targets"),
    path("notebooks/<doi:doi>", notebooks_page.notebooks_page, name="notebooks"),
    path("fetch/<doi:doi>", views.fetch_again, name="fetch"),
    path("as-of/<doi:doi>", views.as_of, name="as-of"),
    path("snapshots/<int:snapshot_id>/declaration.patch", views.declaration, name="declaration"),
    path("figures/<int:target_id>", figures.published_figure, name="published-figure"),
]
