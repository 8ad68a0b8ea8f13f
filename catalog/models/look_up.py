"""What the sources last said of a dataset, and whether they are to be asked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from catalog.models.dataset import Dataset


class LookUp(models.Model):
    """The newest look-up of a dataset. The facts of an earlier one stay until a later one brings some."""

    class State(models.TextChoices):
        REQUESTED = "requested", "requested"
        ASKING = "asking", "under way"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="look_up")
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    found = models.JSONField(null=True, help_text="{facts, provenance, conflicts} as `manage.py lookup --json` has it")
    notes = models.JSONField(default=list, help_text="sentences for people")
    cause = models.JSONField(null=True)
    requested_at = models.DateTimeField()
    woken_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["dataset"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["requested", "asking", "done", "failed"]), name="look_up_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}: {self.state}"
