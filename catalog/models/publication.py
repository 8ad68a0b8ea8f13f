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
        """Published ones, and the viewer's own drafts; a curator sees all. The one place that decides visibility."""
        if is_curator(viewer):
            return self
        if viewer.is_authenticated:
            return self.filter(Q(state=Publication.State.PUBLISHED) | Q(owner_id=viewer.pk))
        return self.filter(state=Publication.State.PUBLISHED)

    def with_cards(self) -> PublicationQuerySet:
        """Fetch what a card in a list shows."""
        return self.select_related("facility").prefetch_related("techniques", "instruments", "targets__evidence")


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
    state_changed_at = models.DateTimeField(null=True, blank=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(doi__startswith="10."), name="publication_doi_is_a_doi"),
            models.CheckConstraint(condition=~Q(title=""), name="publication_has_a_title"),
            models.CheckConstraint(condition=Q(state__in=["draft", "published"]), name="publication_state_is_known"),
            models.CheckConstraint(
                condition=Q(published_precision__in=Precision.values), name="publication_precision_is_known"
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
    def byline(self) -> str:
        """The creators' names, shortened after the third."""
        names = [str(creator.get("name", "")) for creator in self.creators if isinstance(creator, dict)]
        return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")

    def is_editable_by(self, viewer: Viewer) -> bool:
        """Tell whether `viewer` may change it: its owner and curators may."""
        return is_curator(viewer) or (viewer.is_authenticated and viewer.pk == self.owner_id)
