"""DOIs of our own, and how far each has come at DataCite."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class MintedDoi(models.Model):
    """The DOI of a record of this catalogue. A DOI that was registered is never given back or given to another."""

    class State(models.TextChoices):
        WANTED = "wanted", "wanted"
        DRAFT = "draft", "draft"
        REGISTERED = "registered", "registered"
        FINDABLE = "findable", "findable"
        HIDDEN = "hidden", "hidden"

    key = models.CharField(max_length=400, unique=True, help_text="of the record")
    doi = models.CharField(max_length=255, unique=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WANTED)
    pushed_digest = models.CharField(max_length=64, blank=True, help_text="of the metadata that DataCite has")
    failures = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(help_text="when it is looked at again")
    problem = models.JSONField(null=True, blank=True, help_text="the cause of the last failure")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = "minted DOI"
        constraints = [
            models.CheckConstraint(condition=Q(doi__startswith="10."), name="minted_doi_is_a_doi"),
            models.CheckConstraint(
                condition=Q(state__in=["wanted", "draft", "registered", "findable", "hidden"]),
                name="minted_doi_state_is_known",
            ),
        ]
        indexes = [models.Index(fields=["next_at"], name="minted_doi_due")]

    def __str__(self) -> str:
        return self.doi
