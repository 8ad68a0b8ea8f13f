"""Addresses of registering a repository and its targets."""

from __future__ import annotations

from django.urls import path

from builder import views

urlpatterns = [
    path("register", views.register, name="register"),
    path("targets/<doi:doi>", views.targets, name="targets"),
    path("fetch/<doi:doi>", views.fetch_again, name="fetch"),
]
