"""Publications, and who may see them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.models.facility import Facility, Instrument
from catalog.models.precision import Precision
from catalog.models.technique import Technique
from catalog.roles import is_curator

Viewer = AbstractBaseUser | AnonymousUser


class PublicationQuerySet(models.QuerySet["Publication"]):
    def visible_to(self, viewer: Viewer) -> PublicationQuerySet:
        """Those whose metadata the viewer may see: public and embargoed ones, own ones, those of own groups.

        A curator sees all. This and the three below are the one place that decides visibility.
        """
        known = [Publication.State.PUBLISHED, Publication.State.EMBARGOED]
        return self._among(viewer, Q(state__in=known))

    def open_to(self, viewer: Viewer) -> PublicationQuerySet:
        """Those whose notebooks, figures, runs, artefacts and data the viewer may see, and run."""
        return self._among(viewer, Q(state=Publication.State.PUBLISHED))

    def belonging_to(self, viewer: Viewer) -> PublicationQuerySet:
        """The viewer's own, and those of the groups that the viewer is in."""
        return self.filter(Q(owner_id=viewer.pk or 0) | Q(pk__in=_of_groups(viewer).values("pk")))

    def editable_by(self, viewer: Viewer) -> PublicationQuerySet:
        """Those that `is_editable_by` says yes to."""
        if is_curator(viewer):
            return self
        managed = _of_groups(viewer, experiment_groups__memberships__is_manager=True)
        return self.filter(Q(owner_id=viewer.pk or 0) | Q(pk__in=managed.values("pk")))

    def _among(self, viewer: Viewer, everybody: Q) -> PublicationQuerySet:
        if is_curator(viewer):
            return self
        if viewer.is_authenticated:
            return self.filter(everybody | Q(pk__in=Publication.objects.belonging_to(viewer).values("pk")))
        return self.filter(everybody)

    def with_cards(self) -> PublicationQuerySet:
        """Fetch what a card in a list shows; `catalog.access.with_contents` adds what a viewer sees of it."""
        return self.select_related("facility").prefetch_related("techniques", "instruments")


def _of_groups(viewer: Viewer, **more: bool) -> PublicationQuerySet:
    # One filter, so that its conditions are about the same membership.
    return Publication.objects.filter(experiment_groups__memberships__user_id=viewer.pk or 0, **more)


class Publication(models.Model):
    """A paper with a DOI."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        EMBARGOED = "embargoed", "embargoed"
        PUBLISHED = "published", "published"

    class Origin(models.TextChoices):
        CROSSREF = "crossref", "Crossref"
        DATACITE = "datacite", "DataCite"
        MANUAL = "manual", "typed in by its author"
        DEMONSTRATION = "demonstration", "demonstration"

    doi = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=1000)
    creators = models.JSONField(
        default=list, help_text="[{name, given, family, orcid, affiliations: [{name, ror}], is_group}]"
    )
    contributors = models.JSONField(default=list, blank=True, help_text="as creators, each with a role")
    published_on = models.DateField(null=True, blank=True)
    published_precision = models.CharField(
        max_length=10, choices=Precision.choices, default=Precision.DAY, help_text="how much of the date is known"
    )
    type = models.CharField(max_length=80, blank=True, help_text="as the source calls it: journal-article, Preprint")
    language = models.CharField(max_length=35, blank=True, help_text="a BCP 47 tag such as en or pt-BR")
    venue = models.CharField(max_length=500, blank=True)
    publisher = models.CharField(max_length=500, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    abstract = models.TextField(blank=True)
    subjects = models.JSONField(default=list, blank=True, help_text="[{text, uri, scheme, scheme_uri}]: keywords")
    funding = models.JSONField(default=list, blank=True, help_text="[{funder, identifier, award, award_title}]")
    related = models.JSONField(default=list, blank=True, help_text="[{relation, identifier, kind}], as the source says")
    url = models.URLField(max_length=1000, blank=True)
    origin = models.CharField(max_length=20, choices=Origin.choices, default=Origin.MANUAL)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    is_demonstration = models.BooleanField(default=False)
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="publications")
    techniques = models.ManyToManyField(Technique, blank=True, related_name="publications")
    instruments = models.ManyToManyField(Instrument, blank=True, related_name="publications")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="publications")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    embargo_until = models.DateField(null=True, blank=True, help_text="the first day on which all of it is public")
    state_changed_at = models.DateTimeField(null=True, blank=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(doi__startswith="10."), name="publication_doi_is_a_doi"),
            models.CheckConstraint(condition=~Q(title=""), name="publication_has_a_title"),
            models.CheckConstraint(
                condition=Q(published_precision__in=Precision.values), name="publication_precision_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "embargoed", "published"]), name="publication_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="embargoed") | Q(embargo_until__isnull=False), name="publication_embargo_has_an_end"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("publication", args=[self.doi])

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def is_embargoed(self) -> bool:
        return self.state == self.State.EMBARGOED

    @property
    def byline(self) -> str:
        """The creators' names, shortened after the third."""
        names = [str(creator.get("name", "")) for creator in self.creators if isinstance(creator, dict)]
        return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")

    def is_editable_by(self, viewer: Viewer) -> bool:
        """Tell whether `viewer` may change it: its owner, managers of its groups and curators may."""
        if not viewer.is_authenticated:
            return False
        if viewer.pk == self.owner_id or is_curator(viewer):
            return True
        return _of_groups(viewer, experiment_groups__memberships__is_manager=True).filter(pk=self.pk).exists()
