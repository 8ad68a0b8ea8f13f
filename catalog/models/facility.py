"""Facilities and the techniques that are practised there."""

from __future__ import annotations

from django.db import models
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

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("facility", args=[self.slug])


class Technique(models.Model):
    """An experimental technique, a term of PaNET where it has one."""

    name = models.CharField(max_length=200, unique=True)
    panet_id = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
