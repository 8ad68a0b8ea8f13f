"""Datasets behind publications."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from catalog.models.publication import Publication, Viewer
from catalog.roles import is_curator


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, viewer: Viewer) -> DatasetQuerySet:
        """Those behind publications that the viewer may see, and those of the viewer's groups."""
        seen = Dataset.objects.filter(publications__in=Publication.objects.visible_to(viewer).values("pk"))
        return self.filter(Q(pk__in=seen.values("pk")) | Q(pk__in=_of_groups(viewer).values("pk")))

    def open_to(self, viewer: Viewer) -> DatasetQuerySet:
        """Those whose files the viewer may see.

        What is embargoed or restricted is for the groups that hold it; where none does, for those whose publications
        rest on it.
        """
        if is_curator(viewer):
            return self
        rests = Dataset.objects.filter(publications__in=Publication.objects.open_to(viewer).values("pk"))
        own = Dataset.objects.filter(publications__in=Publication.objects.belonging_to(viewer).values("pk"))
        closed = Q(access__in=[Dataset.Access.EMBARGOED, Dataset.Access.RESTRICTED])
        unheld = Q(experiment_groups__isnull=True)
        allowed = Dataset.objects.filter(~closed & Q(pk__in=rests.values("pk"))).values("pk")
        unheld_own = Dataset.objects.filter(unheld & Q(pk__in=own.values("pk"))).values("pk")
        return self.filter(Q(pk__in=allowed) | Q(pk__in=unheld_own) | Q(pk__in=_of_groups(viewer).values("pk")))


def _of_groups(viewer: Viewer) -> DatasetQuerySet:
    return Dataset.objects.filter(experiment_groups__memberships__user_id=viewer.pk or 0)


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

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["doi"]

    def __str__(self) -> str:
        return self.title
