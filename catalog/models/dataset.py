"""Datasets behind publications."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from catalog.models.facility import Facility, Instrument
from catalog.models.precision import Precision
from catalog.models.publication import Publication, Viewer
from catalog.models.technique import Technique
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
    """Data with a DOI, behind one or more publications.

    `url` is its landing page at `repository`. Until the end of an embargo its files are told without addresses.
    """

    class Access(models.TextChoices):
        OPEN = "open", "open"
        EMBARGOED = "embargoed", "embargoed"
        RESTRICTED = "restricted", "restricted"
        UNKNOWN = "unknown", "not stated"

    doi = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=1000)
    description = models.TextField(blank=True)
    creators = models.JSONField(default=list, blank=True, help_text="as of publications")
    contributors = models.JSONField(default=list, blank=True, help_text="as of publications")
    publisher = models.CharField(max_length=500, blank=True)
    publisher_ror = models.URLField(blank=True)
    published_on = models.DateField(null=True, blank=True)
    published_precision = models.CharField(max_length=10, choices=Precision.choices, default=Precision.DAY)
    version = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=35, blank=True, help_text="a BCP 47 tag")
    licence = models.CharField(max_length=200, blank=True)
    repository = models.CharField(max_length=300, blank=True, help_text="name of the repository that holds it")
    url = models.URLField(max_length=1000, blank=True)
    access = models.CharField(max_length=20, choices=Access.choices, default=Access.UNKNOWN)
    embargo_until = models.DateField(null=True, blank=True)
    files = models.JSONField(default=list, blank=True, help_text="[{path, size_bytes, sha256 or md5, media_type, url}]")
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True, help_text="of all files; their sum if empty")
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="datasets")
    instruments = models.ManyToManyField(Instrument, blank=True, related_name="datasets")
    techniques = models.ManyToManyField(Technique, blank=True, related_name="datasets")
    quantities = models.JSONField(default=list, blank=True, help_text="[{name, value, unit}]: what was measured or set")
    subjects = models.JSONField(default=list, blank=True, help_text="[{text, uri, scheme, scheme_uri}]: keywords")
    funding = models.JSONField(default=list, blank=True, help_text="[{funder, identifier, award, award_title}]")
    related = models.JSONField(default=list, blank=True, help_text="[{relation, identifier, kind}], as the source says")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="parts")
    publications = models.ManyToManyField(Publication, related_name="datasets")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["doi"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="dataset_has_a_title"),
            models.CheckConstraint(
                condition=Q(access__in=["open", "embargoed", "restricted", "unknown"]), name="dataset_access_is_known"
            ),
            models.CheckConstraint(
                condition=Q(published_precision__in=Precision.values), name="dataset_precision_is_known"
            ),
            models.CheckConstraint(
                condition=Q(publisher_ror="") | Q(publisher_ror__startswith="https://ror.org/0"),
                name="dataset_publisher_ror_is_one",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")), name="dataset_is_no_part_of_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("publication", args=[self.doi])
