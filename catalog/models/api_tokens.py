"""Tokens by which programs act in an account's name."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q


class ApiToken(models.Model):
    """A named token with scopes and an end. Only its digest is kept; the token itself is shown once."""

    class Scope(models.TextChoices):
        READ = "read", "read what the account sees"
        RUN = "run", "start and cancel runs"
        EDIT = "edit", "register and edit"
        ADMIN = "admin", "act as a curator, where the account is one"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token")
    hint = models.CharField(max_length=12, help_text="how it begins, to tell it from others")
    scopes = models.JSONField(default=list)
    is_by_password = models.BooleanField(default=False, help_text="obtained at the API with the password")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="api_token_has_a_name")]

    def __str__(self) -> str:
        return self.name

    def is_good_at(self, now: datetime) -> bool:
        """Tell whether it opens anything at `now`."""
        return self.revoked_at is None and now < self.expires_at
