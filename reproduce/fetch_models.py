"""Files of datasets that are fetched from their addresses, to be looked into."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from catalog.models import Dataset


class FileFetch(models.Model):
    """The newest fetch of a file that its dataset lists at an address; whether the file is here, the disk says."""

    class State(models.TextChoices):
        REQUESTED = "requested", "requested"
        FETCHING = "fetching", "under way"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="file_fetches")
    key = models.CharField(max_length=16, help_text="of the file in its dataset, as its page has it")
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    cause = models.JSONField(null=True, blank=True, help_text="{id, fault, message, hint} of one that failed")
    requested_at = models.DateTimeField()
    woken_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["dataset", "key"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "key"], name="file_fetch_once_per_file"),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "fetching", "done", "failed"]), name="file_fetch_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}/{self.key}: {self.state}"

    @property
    def is_under_way(self) -> bool:
        """Whether it is asked for and not at its end."""
        return self.state in (FileFetch.State.REQUESTED, FileFetch.State.FETCHING)
