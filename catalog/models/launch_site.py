"""Sites where a notebook can be opened and worked with."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from catalog.models.facility import Facility
from catalog.models.publication import Publication


class LaunchSiteQuerySet(models.QuerySet["LaunchSite"]):
    def offered_for(self, publication: Publication) -> LaunchSiteQuerySet:
        """Those of the publication's facility, and those that belong to none."""
        return self.filter(Q(facility=None) | Q(facility=publication.facility_id), is_offered=True)


class LaunchSite(models.Model):
    """A BinderHub, a JupyterHub or another platform, by the template of its addresses (catalog.launching)."""

    name = models.CharField(max_length=100, unique=True)
    template = models.CharField(max_length=1000, help_text="https address with names in braces; docs/launch-sites.md")
    note = models.CharField(max_length=300, blank=True, help_text="who may use it, in a sentence")
    facility = models.ForeignKey(
        Facility, null=True, blank=True, on_delete=models.CASCADE, related_name="launch_sites", help_text="empty: all"
    )
    is_offered = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=100, help_text="small ones first")

    objects = LaunchSiteQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(template__startswith="https://"), name="launch_site_is_an_address")
        ]

    def __str__(self) -> str:
        return self.name
