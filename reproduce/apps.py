from __future__ import annotations

from django.apps import AppConfig


class ReproduceConfig(AppConfig):
    name = "reproduce"
    default_auto_field = "django.db.models.BigAutoField"
