"""Which publications a record is exposed on account of, so that it is taken back with the last of them."""

from __future__ import annotations

from django.db import models

from catalog.models.publication import Publication


class RecordReason(models.Model):
    """That a record, by its key, is exposed on account of a publication; one of a dataset may be so of several.

    The record itself is in the store. `publication` is null when it was deleted: the next round takes its records back.
    """

    publication = models.ForeignKey(Publication, null=True, on_delete=models.SET_NULL, related_name="record_reasons")
    key = models.CharField(max_length=400, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publication", "key"], name="record_reason_once")]

    def __str__(self) -> str:
        return self.key


class UntoldPublication(models.Model):
    """That the records of a publication are not what is known of it: the sweep tells them again when it is due."""

    publication = models.OneToOneField(Publication, on_delete=models.CASCADE, primary_key=True, related_name="untold")
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.publication_id} after {self.tries} tries"
