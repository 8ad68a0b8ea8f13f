"""The records as they are harvested: what each says, when it last changed, and the sets that it is in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class ExposedRecord(models.Model):
    """A Record that harvesters are shown, or the tombstone of one.

    `position` is the place in the order of all changes and `datestamp` its time: both only grow with every change, and
    never does one that is committed later come before one that was committed earlier.
    """

    key = models.CharField(max_length=400, unique=True)
    position = models.BigIntegerField(unique=True)
    datestamp = models.DateTimeField(help_text="whole seconds")
    body = models.TextField(blank=True, help_text="catalog.exposure.stored; empty once deleted")
    size_bytes = models.IntegerField(default=0, help_text="of the largest text that is kept of it")
    digest = models.CharField(max_length=64, blank=True)
    fingerprint = models.CharField(
        max_length=32, blank=True, help_text="of the formats and the site that its XML was written for; see harvested"
    )
    is_deleted = models.BooleanField(default=False)
    specs = models.TextField(blank=True, help_text="sets it is declared to be in, separated by spaces; none is implied")
    formats = models.IntegerField(help_text="bits of the formats it has: catalog.exposure.formats")
    formats_ever = models.IntegerField(help_text="bits of the formats it has or once had")

    class Meta:
        ordering = ["position"]
        indexes = [
            models.Index(fields=["datestamp", "position"], name="exposed_by_time"),
            models.Index(fields=["fingerprint"], name="exposed_by_fingerprint", condition=Q(is_deleted=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_deleted=False) | Q(body="", size_bytes=0, digest="", formats=0),
                name="exposed_tombstone_is_empty",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ExposedXml(models.Model):
    """A record in one format, as it is given: what follows its header. A deleted record has none."""

    pk = models.CompositePrimaryKey("record_id", "bit")
    record = models.ForeignKey(ExposedRecord, on_delete=models.CASCADE, db_index=False, related_name="xml")
    bit = models.IntegerField(help_text="of the format")
    text = models.TextField()

    def __str__(self) -> str:
        return self.text


class ExposedSet(models.Model):
    """A set that some record is or once was in, with the name that people are shown."""

    spec = models.CharField(max_length=300, unique=True)
    name = models.CharField(max_length=500)

    class Meta:
        ordering = ["spec"]

    def __str__(self) -> str:
        return self.spec


class ExposedMembership(models.Model):
    """That a record is in a set, declared or implied; position and formats are copied, so that one index serves."""

    exposed_set = models.ForeignKey(ExposedSet, on_delete=models.PROTECT, db_index=False)
    record = models.ForeignKey(ExposedRecord, on_delete=models.CASCADE, related_name="memberships")
    position = models.BigIntegerField()
    formats_ever = models.IntegerField()

    class Meta:
        ordering = ["exposed_set", "position"]
        constraints = [models.UniqueConstraint(fields=["exposed_set", "position"], name="exposed_set_order")]

    def __str__(self) -> str:
        return f"{self.record_id} in {self.exposed_set_id}"


class ExposureCounter(models.Model):
    """The newest position and datestamp; its one row is written by whoever has the right to write next."""

    position = models.BigIntegerField(default=0)
    datestamp = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="exposure_counter_is_one")]

    def __str__(self) -> str:
        return str(self.position)
