"""What a publication claims and a notebook produces, and the verdict on record."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.declarable import MATPLOTLIB_BACKENDS, MOST_THREADS
from catalog.models.dataset import Dataset
from catalog.models.publication import Publication, Viewer
from catalog.models.repository import Repository
from catalog.roles import is_curator


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, viewer: Viewer) -> TargetQuerySet:
        """Confirmed targets of publications that are open to the viewer; proposals for whoever may edit them."""
        visible = self.filter(publication__in=Publication.objects.open_to(viewer).values("pk"))
        if is_curator(viewer):
            return visible
        confirmed = Q(state=Target.State.CONFIRMED)
        if not viewer.is_authenticated:
            return visible.filter(confirmed)
        return visible.filter(confirmed | Q(publication__in=Publication.objects.editable_by(viewer).values("pk")))


class Target(models.Model):
    """What the paper claims and a notebook produces: a figure, table, number or statement."""

    class Kind(models.TextChoices):
        FIGURE = "figure", "figure"
        TABLE = "table", "table"
        NUMBER = "number", "number"
        STATEMENT = "statement", "statement"

    class State(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        CONFIRMED = "confirmed", "confirmed"

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="targets")
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="targets")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.FIGURE)
    label = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100)
    caption = models.TextField(blank=True)
    notebook = models.CharField(max_length=500)
    cells = models.JSONField(default=list, blank=True, help_text="ids of the cells that make it; all when empty")
    parameters = models.JSONField(default=dict, blank=True)
    rtol = models.FloatField(null=True, blank=True, help_text="relative tolerance; to the printed precision if empty")
    atol = models.FloatField(default=0.0)
    image_limit = models.FloatField(null=True, blank=True, help_text="of the image metric; the calibrated if empty")
    disabled_rules = models.JSONField(default=list, blank=True, help_text="names of rules that are switched off")
    timeout_s = models.PositiveIntegerField(null=True, blank=True, help_text="seconds; the service's limit if empty")
    threads = models.PositiveSmallIntegerField(default=1, help_text="of each numerical library")
    matplotlib_backend = models.CharField(max_length=60, blank=True, choices=list(MATPLOTLIB_BACKENDS.items()))
    allowed_hosts = models.JSONField(
        default=list, blank=True, help_text="hosts that its notebook may reach; no network when empty"
    )
    is_host_missing = models.BooleanField(
        default=False, help_text="it asks for the network, from before hosts were named, and names none"
    )
    resources = models.JSONField(default=dict, blank=True, help_text="what it asks of a batch system")
    given_environment = models.CharField(max_length=64, blank=True, help_text="the facility's, by name; empty: none")
    state = models.CharField(max_length=20, choices=State.choices, default=State.PROPOSED)
    reason = models.CharField(max_length=300, blank=True, help_text="why it was proposed")
    position = models.PositiveIntegerField(default=0)
    datasets = models.ManyToManyField(Dataset, blank=True, related_name="targets")
    data = models.JSONField(default=list, blank=True, help_text="[{dataset, at, part}]: what is shown where in a run")
    output_files = models.JSONField(default=list, blank=True, help_text="paths or patterns of files that it writes")

    objects = TargetQuerySet.as_manager()

    class Meta:
        ordering = ["publication", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "slug"], name="target_slug_once_per_publication"),
            models.CheckConstraint(condition=Q(atol__gte=0), name="target_atol_is_not_negative"),
            models.CheckConstraint(condition=Q(rtol__isnull=True) | Q(rtol__gte=0), name="target_rtol_is_not_negative"),
            models.CheckConstraint(
                condition=Q(image_limit__isnull=True) | Q(image_limit__gte=0), name="target_image_limit"
            ),
            models.CheckConstraint(condition=Q(threads__range=(1, MOST_THREADS)), name="target_threads_within_bounds"),
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("target", args=[self.publication.doi, self.slug])

    @property
    def claim(self) -> tuple[object, ...]:
        """What a verdict is about. When it changes, earlier verdicts say nothing of the target any more."""
        judged_by = (self.rtol, self.atol, self.image_limit, sorted(self.disabled_rules))
        return (self.notebook, list(self.cells), judged_by, list(self.data), list(self.output_files))

    @property
    def current_evidence(self) -> Evidence | None:
        """The evidence on record, or None while nothing was proven."""
        return getattr(self, "evidence", None)


class Evidence(models.Model):
    """The newest verdict on a Target, pushed down by the run that proved it. `run` is that run's public id."""

    target = models.OneToOneField(Target, on_delete=models.CASCADE, related_name="evidence")
    verdict = models.CharField(max_length=20)
    cause = models.JSONField(null=True, blank=True, help_text="{id, fault, message, hint} when it is not good")
    run = models.UUIDField()
    commit = models.CharField(max_length=64, blank=True)
    is_sandboxed = models.BooleanField()
    is_approximated = models.BooleanField(default=False)
    seen_at = models.DateTimeField(help_text="when the run ended")
    since = models.DateTimeField(help_text="when this verdict first came in an unbroken row")

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["identical", "reproduced", "differs", "failed", "unbuildable", "unavailable"]),
                name="evidence_verdict_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.verdict

    def as_dict(self) -> dict[str, Any]:
        """Return what the public JSON shows."""
        as_they_are = ("verdict", "cause", "commit", "is_sandboxed", "is_approximated")
        dates = {name: getattr(self, name).isoformat() for name in ("seen_at", "since")}
        return {**{name: getattr(self, name) for name in as_they_are}, "run": str(self.run), **dates}
