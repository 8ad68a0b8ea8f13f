"""The audit log: who did what to what, when, and by which way in."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from catalog.models.publication import Publication, Viewer
from catalog.roles import is_curator


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, viewer: Viewer) -> AuditQuerySet:
        """What was done to the publications the viewer may edit, and what the viewer did; a curator sees all."""
        if is_curator(viewer):
            return self
        if not viewer.is_authenticated:
            return self.none()
        theirs = Publication.objects.editable_by(viewer).values("doi")
        return self.filter(Q(account_id=viewer.pk) | Q(doi__in=theirs))


class AuditEntry(models.Model):
    """One act. The database itself refuses to change an entry, and to delete one before `kept_until`.

    Accounts are named and not referred to, so that an entry outlives what it tells of.
    """

    class Via(models.TextChoices):
        PAGE = "page", "a page"
        API = "api", "the API, logged in"
        TOKEN = "token", "an API token"
        REVIEW = "review", "a review link"
        SERVICE = "service", "this service"

    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=40, db_index=True)
    account_id = models.BigIntegerField(null=True, blank=True)
    account = models.CharField(max_length=150, blank=True, help_text="its name at the time")
    via = models.CharField(max_length=20, choices=Via.choices)
    via_id = models.BigIntegerField(null=True, blank=True, help_text="number of the token or the review link")
    subject = models.CharField(max_length=300, blank=True, help_text="what it was done to")
    doi = models.CharField(max_length=255, blank=True, db_index=True, help_text="of the publication it concerns")
    details = models.JSONField(default=dict)
    kept_until = models.DateTimeField(db_index=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"

    @property
    def detail_words(self) -> str:
        """The details in a line."""
        return ", ".join(f"{name}: {_words(value)}" for name, value in self.details.items())


def _words(value: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        value = [f"{name} {part}" for name, part in value.items()]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
