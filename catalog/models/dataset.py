"""Datasets behind publications."""

from __future__ import annotations

from django.db import models

from catalog.models.publication import Publication


class Dataset(models.Model):
    """Data with a DOI, behind one or more publications."""

    class Access(models.TextChoices):
        OPEN = "open", "open"
        EMBARGOED = "embargoed", "embargoed"
        RESTRICTED = "restricted", "restricted"
        UNKNOWN = "unknown", "not stated"

    doi = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=1000)
    url = models.URLField(max_length=1000, blank=True)
    access = models.CharField(max_length=20, choices=Access.choices, default=Access.UNKNOWN)
    files = models.JSONField(default=list, help_text="[{path, size_bytes, sha256 or md5}]")
    publications = models.ManyToManyField(Publication, related_name="datasets")

    class Meta:
        ordering = ["doi"]

    def __str__(self) -> str:
        return self.title
