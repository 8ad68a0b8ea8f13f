"""The facts: publications, their datasets and repositories, the targets they claim, and the evidence on record."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.declarable import MATPLOTLIB_BACKENDS, MOST_THREADS
from catalog.roles import is_curator

Viewer = AbstractBaseUser | AnonymousUser


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


class PublicationQuerySet(models.QuerySet["Publication"]):
    def visible_to(self, viewer: Viewer) -> PublicationQuerySet:
        """Published ones, and the viewer's own drafts; a curator sees all. The one place that decides visibility."""
        if is_curator(viewer):
            return self
        if viewer.is_authenticated:
            return self.filter(Q(state=Publication.State.PUBLISHED) | Q(owner_id=viewer.pk))
        return self.filter(state=Publication.State.PUBLISHED)

    def with_cards(self) -> PublicationQuerySet:
        """Fetch what a card in a list shows."""
        return self.select_related("facility").prefetch_related("techniques", "targets__evidence")


class Publication(models.Model):
    """A paper with a DOI."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        PUBLISHED = "published", "published"

    class Origin(models.TextChoices):
        CROSSREF = "crossref", "Crossref"
        DATACITE = "datacite", "DataCite"
        MANUAL = "manual", "typed in by its author"
        DEMONSTRATION = "demonstration", "demonstration"

    doi = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=1000)
    creators = models.JSONField(default=list, help_text="[{name, given, family, orcid}]")
    published_on = models.DateField(null=True, blank=True)
    venue = models.CharField(max_length=500, blank=True)
    publisher = models.CharField(max_length=500, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    abstract = models.TextField(blank=True)
    url = models.URLField(max_length=1000, blank=True)
    origin = models.CharField(max_length=20, choices=Origin.choices, default=Origin.MANUAL)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    is_demonstration = models.BooleanField(default=False)
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="publications")
    techniques = models.ManyToManyField(Technique, blank=True, related_name="publications")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="publications")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    state_changed_at = models.DateTimeField(null=True, blank=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(doi__startswith="10."), name="publication_doi_is_a_doi"),
            models.CheckConstraint(condition=~Q(title=""), name="publication_has_a_title"),
            models.CheckConstraint(condition=Q(state__in=["draft", "published"]), name="publication_state_is_known"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("publication", args=[self.doi])

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def byline(self) -> str:
        """The creators' names, shortened after the third."""
        names = [str(creator.get("name", "")) for creator in self.creators if isinstance(creator, dict)]
        return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")

    def is_editable_by(self, viewer: Viewer) -> bool:
        """Tell whether `viewer` may change it: its owner and curators may."""
        return is_curator(viewer) or (viewer.is_authenticated and viewer.pk == self.owner_id)


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


class AsOf(models.TextChoices):
    """The date as of which what a repository does not pin is resolved."""

    COMMIT = "commit", "the date of the commit"
    PUBLICATION = "publication", "the date of the publication"
    TODAY = "today", "today"


class Repository(models.Model):
    """Where the notebooks of a publication live."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="repositories")
    url = models.CharField(max_length=1000)
    ref = models.CharField(max_length=200, blank=True, help_text="branch, tag or commit; the default branch if empty")
    as_of = models.CharField(max_length=20, choices=AsOf.choices, default=AsOf.COMMIT)
    is_own = models.BooleanField(default=False, help_text="made by this project and shipped with it")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "repositories"
        constraints = [
            models.UniqueConstraint(fields=["publication", "url", "ref"], name="repository_once_per_publication"),
        ]

    def __str__(self) -> str:
        return f"{self.url}@{self.ref}" if self.ref else self.url


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, viewer: Viewer) -> TargetQuerySet:
        """Confirmed targets of visible publications; proposals are shown to whoever may edit them."""
        visible = self.filter(publication__in=Publication.objects.visible_to(viewer).values("pk"))
        if is_curator(viewer):
            return visible
        confirmed = Q(state=Target.State.CONFIRMED)
        wanted = confirmed | Q(publication__owner_id=viewer.pk) if viewer.pk else confirmed
        return visible.filter(wanted)


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
