"""Links by which a reviewer looks at a publication without learning whose it is."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.models.publication import Publication


class ReviewLink(models.Model):
    """An expiring link to one publication. Only the digest of its secret is kept; the link itself is shown once."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="review_links")
    name = models.CharField(max_length=100, help_text="who or what it is for")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret")
    further_words = models.JSONField(default=list, blank=True, help_text="what else is masked")
    scan = models.JSONField(default=dict, help_text="what the leak scan counted when it was issued")
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="review_links"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="review_link_has_a_name")]

    def __str__(self) -> str:
        return self.name

    def is_good_at(self, now: datetime) -> bool:
        """Tell whether it opens anything at `now`."""
        return self.revoked_at is None and now < self.expires_at
