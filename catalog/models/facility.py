"""Facilities and their instruments."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse


class Facility(models.Model):
    """A research infrastructure whose analyses are monitored together."""

    name = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    ror = models.URLField(blank=True)
    homepage = models.URLField(blank=True)
    resources = models.JSONField(
        default=dict, blank=True, help_text="what its runs ask of a batch system: catalog.resources, docs/operations.md"
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "facilities"
        constraints = [
            models.CheckConstraint(
                condition=Q(ror="") | Q(ror__startswith="https://ror.org/0"), name="facility_ror_is_one"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("facility", args=[self.slug])


class Instrument(models.Model):
    """A beamline, diffractometer or other instrument. `pid` is a bare DOI or a web address, or empty."""

    name = models.CharField(max_length=200)
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="instruments")
    pid = models.CharField("identifier", max_length=300, blank=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="instrument_has_a_name"),
            models.UniqueConstraint(fields=["pid"], condition=~Q(pid=""), name="instrument_once_per_pid"),
            models.UniqueConstraint(fields=["facility", "name"], name="instrument_name_once_per_facility"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(facility__isnull=True), name="instrument_name_once_without_facility"
            ),
        ]

    def __str__(self) -> str:
        return self.name
