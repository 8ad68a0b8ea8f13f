"""Evidence that was deposited elsewhere."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Deposit(models.Model):
    """The evidence behind one record of this catalogue, at Zenodo. What was published there stays."""

    class State(models.TextChoices):
        WANTED = "wanted", "wanted"
        DRAFT = "draft", "draft"
        UPLOADED = "uploaded", "uploaded"
        PUBLISHED = "published", "published"

    key = models.CharField(max_length=400, unique=True, help_text="of the record")
    follows = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, help_text="the deposit that it is a new version of"
    )
    state = models.CharField(max_length=20, choices=State.choices, default=State.WANTED)
    number = models.PositiveBigIntegerField(null=True, blank=True, help_text="of the deposition at Zenodo")
    md5 = models.CharField(max_length=32, blank=True, help_text="of the bundle that Zenodo has")
    doi = models.CharField(max_length=255, blank=True)
    failures = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(help_text="when it is looked at again")
    problem = models.JSONField(null=True, blank=True, help_text="the cause of the last failure")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["wanted", "draft", "uploaded", "published"]), name="deposit_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | (Q(doi__startswith="10.") & Q(number__isnull=False)),
                name="deposit_published_with_a_doi",
            ),
        ]
        indexes = [models.Index(fields=["next_at"], name="deposit_due")]

    def __str__(self) -> str:
        return self.doi or self.key
