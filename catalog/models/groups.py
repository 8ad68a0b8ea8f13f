"""Experiment groups: who worked on an experiment together, and what belongs to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.models.dataset import Dataset
from catalog.models.publication import Publication, Viewer
from catalog.roles import is_curator


class ExperimentGroupQuerySet(models.QuerySet["ExperimentGroup"]):
    def visible_to(self, viewer: Viewer) -> ExperimentGroupQuerySet:
        """The viewer's own; a curator sees all. To everybody else a group does not exist."""
        if is_curator(viewer):
            return self
        return self.filter(pk__in=self.model.objects.filter(memberships__user_id=viewer.pk or 0).values("pk"))


class ExperimentGroup(models.Model):
    """Accounts that may see, and run, what belongs to their experiment before it is public."""

    name = models.CharField(max_length=200, unique=True)
    followed = models.CharField(
        max_length=200, blank=True, help_text="name by which providers of logins fill it; empty where people do alone"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    publications = models.ManyToManyField(Publication, blank=True, related_name="experiment_groups")
    datasets = models.ManyToManyField(Dataset, blank=True, related_name="experiment_groups")

    objects = ExperimentGroupQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="experiment_group_has_a_name"),
            models.UniqueConstraint(
                fields=["followed"], condition=~Q(followed=""), name="experiment_group_followed_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("group", args=[self.pk])

    def is_managed_by(self, viewer: Viewer) -> bool:
        """Tell whether `viewer` may change it: its managers and curators may."""
        return is_curator(viewer) or self.memberships.filter(user_id=viewer.pk or 0, is_manager=True).exists()


class GroupMembership(models.Model):
    """An account in a group. A manager may edit what belongs to the group, and who is in it."""

    group = models.ForeignKey(ExperimentGroup, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="group_memberships")
    is_manager = models.BooleanField(default=False)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["group", "user__username"]
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="group_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}"
