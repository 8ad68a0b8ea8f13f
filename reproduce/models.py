"""Runs, their events, and the watches that ask for them."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from builder.models import Build, Environment, Snapshot
from catalog.models import AsOf, Dataset, Facility, Publication, Target, Viewer
from reproduce.certificate_models import Certificate, IssuerKey, LogEntry, LogNode, TreeHead
from reproduce.fetch_models import FileFetch

__all__ = [
    "ACTIVE_STATES",
    "Certificate",
    "DataLocation",
    "FileFetch",
    "IssuerKey",
    "LogEntry",
    "LogNode",
    "Run",
    "RunEvent",
    "TreeHead",
    "Watch",
]

ACTIVE_STATES = ("queued", "preparing", "running", "comparing")


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, viewer: Viewer) -> RunQuerySet:
        """Runs of targets that the viewer may see; of those on other data, where these are open to the viewer too."""
        opened = Dataset.objects.open_to(viewer)
        return self.filter(
            Q(dataset__isnull=True) | Q(dataset__in=opened.values("pk")),
            target__in=Target.objects.visible_to(viewer).values("pk"),
        )

    def active(self) -> RunQuerySet:
        return self.filter(state__in=ACTIVE_STATES)

    def of_record(self) -> RunQuerySet:
        """Runs of the repository as it is, as of the date that its author chose; any other proves nothing."""
        return self.filter(as_of="", is_repair=False, derivation="")


class Run(models.Model):
    """One execution of a Target's notebook in an Environment. `verdict` is null until proven."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        PREPARING = "preparing", "preparing the environment"
        RUNNING = "running", "running"
        COMPARING = "comparing", "comparing"
        DONE = "done", "done"
        CANCELLED = "cancelled", "cancelled"

    class Reason(models.TextChoices):
        CLICK = "click", "asked for by a visitor"
        WATCH = "watch", "re-run on schedule"
        API = "api", "asked for through the API"
        DEMONSTRATION = "demonstration", "demonstration"
        REPAIR = "repair", "to try a repair"
        DERIVED = "derived", "a derived analysis"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="runs")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    claim = models.UUIDField(
        null=True, blank=True, help_text="of the attempt under way; an older attempt writes nothing"
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField(null=True, blank=True, help_text="when a worker was last told of it")
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.ForeignKey(Snapshot, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    environment = models.ForeignKey(Environment, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    build = models.ForeignKey(Build, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    run_s = models.FloatField(null=True, blank=True, help_text="seconds from kernel start to end")
    cells_total = models.PositiveIntegerField(default=0)
    cells_done = models.PositiveIntegerField(default=0)
    as_of = models.CharField(
        max_length=20, blank=True, choices=AsOf.choices, help_text="as asked for; the repository's own choice if empty"
    )
    is_repair = models.BooleanField(
        default=False, help_text="it tries what could be declared so that a failed notebook runs"
    )
    parameters = models.JSONField(default=dict, help_text="{name: value}: what a derived analysis sets otherwise")
    dataset = models.ForeignKey(
        Dataset,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="derived_runs",
        help_text="what a derived analysis reads in the place of the target's own data",
    )
    put = models.JSONField(
        default=dict,
        help_text="{data: [{dataset, at, part}], files: [{slot, path, size_bytes, sha256}]}, with a dataset",
    )
    derivation = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of these and of the parameters; empty for the published notebook"
    )
    sandbox = models.JSONField(default=dict)
    machine = models.JSONField(default=dict)
    variables = models.JSONField(default=dict, help_text="{values: {name: value}, sha256}: what the kernel was given")
    network = models.JSONField(null=True, blank=True, help_text="what was fetched and refused while it ran")
    verdict = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001 - null until proven, never ""
    cause = models.JSONField(null=True, blank=True)
    comparison = models.JSONField(null=True, blank=True)
    artefacts = models.JSONField(default=dict, help_text="{name: {sha256, size_bytes, media_type}}")
    data = models.JSONField(default=list, help_text="what was shown of which dataset, and how it was checked")
    written = models.JSONField(default=dict, help_text="{files, count, bytes}: what it wrote in its copy")
    repetitions = models.JSONField(
        default=dict, help_text="{subject, runs}: how each run ended, of a notebook that was run more than once"
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "as_of", "is_repair", "derivation"],
                condition=Q(state__in=ACTIVE_STATES),
                name="run_one_active_per_target_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(verdict__isnull=True)
                | Q(verdict__in=["identical", "reproduced", "differs", "failed", "unbuildable", "unavailable"]),
                name="run_verdict_is_known",
            ),
            models.CheckConstraint(
                condition=Q(verdict__isnull=True) | Q(state="done"), name="run_verdict_only_when_done"
            ),
        ]
        indexes = [
            models.Index(fields=["target", "-requested_at"], name="run_history"),
            models.Index(fields=["state", "lease_until"], name="run_sweep"),
        ]

    def __str__(self) -> str:
        return f"run {self.id} ({self.state})"

    def get_absolute_url(self) -> str:
        return reverse("run", args=[self.pk])

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def is_what_if(self) -> bool:
        """Whether another date, other values or something else declared was asked for: it proves nothing on record."""
        return bool(self.as_of) or self.is_repair or self.is_derived

    @property
    def is_derived(self) -> bool:
        """Whether it is a derived analysis: the notebook with other values than were published."""
        return bool(self.derivation)

    @property
    def was_derived_from(self) -> dict[str, Any] | None:
        """What a run on another dataset was made of: its DOI, its files with their checksums, the notebook."""
        if self.dataset is None:
            return None
        commit = self.snapshot.commit if self.snapshot else ""
        made_of = {"dataset": self.dataset.doi, "files": self.put["files"], "target": self.target_id}
        return {**made_of, "notebook": self.target.notebook, "commit": commit}

    @property
    def all_parameters(self) -> dict[str, Any]:
        """What was set from outside: by the target's author, and for this run."""
        return {**self.target.parameters, **self.parameters}

    @property
    def is_sandboxed(self) -> bool:
        return self.sandbox.get("kind") not in (None, "none")


class RunEvent(models.Model):
    """One line of a run's story, numbered from 1 within the run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=20)
    text = models.TextField()

    class Meta:
        ordering = ["run", "seq"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="run_event_numbered")]

    def __str__(self) -> str:
        return self.text

    def as_dict(self) -> dict[str, Any]:
        """Return what the public JSON shows."""
        return {"seq": self.seq, "at": self.at.isoformat(), "kind": self.kind, "text": self.text}


class DataLocation(models.Model):
    """Where a dataset, or all whose DOI begins alike, lies on this file system. The operator's word alone."""

    dataset = models.CharField(max_length=255, help_text="a DOI, or the beginning of several with * behind it")
    path = models.CharField(
        max_length=1000, help_text="directory or file below REPRISE_DATA_ROOTS; * stands for the rest of the DOI"
    )
    facility = models.ForeignKey(
        Facility,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        help_text="for its publications alone; for all if empty",
    )
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["dataset", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset"], condition=Q(facility__isnull=True), name="data_location_once_per_dataset"
            ),
            models.UniqueConstraint(fields=["dataset", "facility"], name="data_location_once_per_facility"),
        ]

    def __str__(self) -> str:
        return self.dataset


class WatchQuerySet(models.QuerySet["Watch"]):
    def visible_to(self, viewer: Viewer) -> WatchQuerySet:
        """Watches on publications that are open to the viewer."""
        return self.filter(target__publication__in=Publication.objects.open_to(viewer).values("pk"))


class Watch(models.Model):
    """A schedule under which a Target is re-run in its frozen environment."""

    target = models.OneToOneField(Target, on_delete=models.CASCADE, related_name="watch")
    every_days = models.PositiveIntegerField(default=30)
    is_active = models.BooleanField(default=True)
    next_at = models.DateTimeField()
    last_run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = WatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "watches"
        constraints = [
            models.CheckConstraint(
                condition=Q(every_days__gte=1) & Q(every_days__lte=366), name="watch_every_days_sane"
            )
        ]

    def __str__(self) -> str:
        return f"{self.target} every {self.every_days} days"
