"""The process's own app: it holds the commands that run the service."""

from __future__ import annotations

from django.apps import AppConfig

from config.celery import app as celery_app

__all__ = ["ConfigApp", "celery_app"]  # the tasks of the apps find their queue through it


class ConfigApp(AppConfig):
    name = "config"
    label = "config"
