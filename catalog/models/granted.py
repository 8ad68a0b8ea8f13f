"""What a provider of logins gave to an account, so that it alone is taken back when the provider says so no more."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.models.groups import ExperimentGroup


class ProviderGrant(models.Model):
    """A role, or a place in an experiment group, that an account has by the word of a provider."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="provider_grants")
    provider = models.CharField(max_length=30, help_text="its id in the settings")
    role = models.CharField(max_length=20, blank=True)
    group = models.ForeignKey(
        ExperimentGroup, on_delete=models.CASCADE, null=True, blank=True, related_name="provider_grants"
    )
    is_manager = models.BooleanField(default=False)

    class Meta:
        ordering = ["user", "provider", "role", "group"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(role="") & Q(group__isnull=False)) | (~Q(role="") & Q(group__isnull=True)),
                name="provider_grant_of_role_or_group",
            ),
            models.UniqueConstraint(
                fields=["user", "provider", "role"], condition=~Q(role=""), name="provider_grant_of_role_once"
            ),
            models.UniqueConstraint(
                fields=["user", "provider", "group"],
                condition=Q(group__isnull=False),
                name="provider_grant_of_group_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role or self.group} of {self.user} by {self.provider}"
