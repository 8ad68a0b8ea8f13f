"""The process's own app: it holds the commands that run the service."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "config"
    label = "config"
