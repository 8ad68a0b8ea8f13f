"""Snapshots, the environments they run in, and the attempts to build these."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.models import AsOf, Publication, Repository, Viewer


class Snapshot(models.Model):
    """A Repository at one exact commit, content-addressed. Without a commit it is a request to find out."""

    class State(models.TextChoices):
        REQUESTED = "requested", "waiting to be fetched"
        FETCHING = "fetching", "being fetched"
        READY = "ready", "ready"
        FAILED = "failed", "could not be fetched"

    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="snapshots")
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    commit = models.CharField(max_length=64, blank=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    swhid = models.CharField(max_length=60, blank=True)
    path = models.CharField(max_length=1000, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    notebooks = models.JSONField(default=list, help_text="outlines, as builder.snapshot.facts.NotebookOutline")
    advice = models.JSONField(default=list, help_text="[{id, file, line, message, fix, severity}]: what will rot")
    declaration = models.TextField(blank=True, help_text="patch that declares what had to be inferred; empty otherwise")
    cause = models.JSONField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField(null=True, blank=True, help_text="when a worker was last told of it")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "commit"], condition=~Q(commit=""), name="snapshot_once_per_commit"
            ),
            models.UniqueConstraint(
                fields=["repository"],
                condition=Q(state__in=["requested", "fetching"]),
                name="snapshot_one_fetch_per_repository",
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | (~Q(swhid="") & ~Q(path="")), name="snapshot_ready_has_content"
            ),
        ]

    def __str__(self) -> str:
        return self.swhid or f"{self.repository} ({self.state})"


class EnvironmentQuerySet(models.QuerySet["Environment"]):
    def visible_to(self, viewer: Viewer) -> EnvironmentQuerySet:
        """Those that were made for publications that are open to the viewer."""
        visible = Publication.objects.open_to(viewer).values("pk")
        return self.filter(snapshot__repository__publication__in=visible)


class Environment(models.Model):
    """What a Snapshot runs in: recipe, lock and the place where it was made.

    `key` addresses what was made, which may serve several snapshots, and one snapshot as of several dates.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="environments")
    engine = models.CharField(max_length=20)
    as_of = models.DateTimeField()
    as_of_choice = models.CharField(max_length=20, choices=AsOf.choices, default=AsOf.COMMIT)
    python = models.CharField(max_length=20)
    recipe = models.JSONField()
    key = models.CharField(max_length=64)
    lock_sha256 = models.CharField(max_length=64)
    packages = models.JSONField(default=list, help_text="[{name, version}]")
    approximations = models.JSONField(default=list)
    details = models.JSONField(default=dict, help_text="how the engine made it: its version, digests of images")
    companion = models.JSONField(default=dict, help_text="system facts that change figures")
    size_bytes = models.PositiveBigIntegerField(default=0)
    built_s = models.FloatField(help_text="seconds; near zero when it was reused")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = EnvironmentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "engine", "as_of_choice", "key"],
                name="environment_once_per_snapshot_choice_and_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engine} {self.key[:12]}"

    def get_absolute_url(self) -> str:
        return f"{reverse('environment', args=[self.key])}?of={self.pk}"


class BuildQuerySet(models.QuerySet["Build"]):
    def visible_to(self, viewer: Viewer) -> BuildQuerySet:
        """Those of publications that are open to the viewer."""
        visible = Publication.objects.open_to(viewer).values("pk")
        return self.filter(snapshot__repository__publication__in=visible)


class Build(models.Model):
    """One attempt to make an Environment, with its log."""

    class State(models.TextChoices):
        RUNNING = "running", "building"
        SUCCEEDED = "succeeded", "built"
        FAILED = "failed", "could not be built"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="builds")
    environment = models.ForeignKey(
        Environment, null=True, blank=True, on_delete=models.SET_NULL, related_name="builds"
    )
    state = models.CharField(max_length=20, choices=State.choices, default=State.RUNNING)
    cause = models.JSONField(null=True, blank=True)
    engine = models.CharField(max_length=20, blank=True)
    stage = models.CharField(
        max_length=20, blank=True, help_text="that is under way, as builder.engines.progress.Stage"
    )
    stages = models.JSONField(default=list, help_text="[{stage, seconds}] of those that are done")
    as_of_choice = models.CharField(max_length=20, choices=AsOf.choices, default=AsOf.COMMIT)
    given = models.CharField(
        max_length=64, blank=True, help_text="the environment of the facility that is used; none when empty"
    )
    log = models.TextField(blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BuildQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"build {self.id} ({self.state})"
