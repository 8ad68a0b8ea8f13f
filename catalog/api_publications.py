"""Publications as the API shows and takes them."""

from __future__ import annotations

from typing import Any

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from rest_framework import serializers

from catalog.api import ApiFilter, KeyFilter, SinceFilter, normal_doi
from catalog.api_bodies import BodySerializer
from catalog.api_descriptions import (
    CreatorSerializer,
    DescribedSerializer,
    FundingSerializer,
    InstrumentSerializer,
    SubjectSerializer,
    TechniquesField,
)
from catalog.declarable import DECLARATIONS
from catalog.described import LANGUAGE, InstrumentDraft, normal_licence
from catalog.exposure.record import Organisation
from catalog.finding import VERDICT_WORDS, find, read_wish
from catalog.forms import MOST_DATASETS
from catalog.identifiers import parse_doi
from catalog.models import Dataset, Facility, Publication
from catalog.sources import Creator, PublicationFacts


class RepositoryLinkSerializer(serializers.Serializer[Any]):
    """Where the notebooks of a publication are."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    ref = serializers.CharField()


class PublicationSerializer(DescribedSerializer, serializers.ModelSerializer[Publication]):
    """A paper with a DOI."""

    repositories = RepositoryLinkSerializer(many=True, read_only=True)
    datasets = serializers.SlugRelatedField[Any](slug_field="doi", many=True, read_only=True)
    state = serializers.CharField(read_only=True, help_text="draft, embargoed or published")
    embargo_until = serializers.DateField(
        read_only=True, allow_null=True, help_text="the first day on which all of it is public"
    )
    origin = serializers.CharField(read_only=True, help_text="crossref, datacite, manual or demonstration")
    url = serializers.CharField(read_only=True, help_text="where it is published; empty if not known")
    page = serializers.SerializerMethodField(help_text="address for people")

    class Meta:
        model = Publication
        fields = (
            "id",
            "doi",
            "title",
            "creators",
            "contributors",
            "published_on",
            "published_precision",
            "type",
            "language",
            "venue",
            "publisher",
            "licence",
            "abstract",
            "url",
            "origin",
            "state",
            "embargo_until",
            "is_demonstration",
            "facility",
            "instruments",
            "techniques",
            "subjects",
            "funding",
            "related",
            "repositories",
            "datasets",
            "page",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_page(self, publication: Publication) -> str:
        return f"{settings.REPRISE_URL}{publication.get_absolute_url()}"


class EmbargoSerializer(BodySerializer):
    """The first day on which all of a publication is public."""

    until = serializers.DateField()


class MetadataSerializer(BodySerializer):
    """What an author may say of a publication."""

    title = serializers.CharField(max_length=1000, required=False)
    creators = CreatorSerializer(many=True, required=False, max_length=1000)  # type: ignore[call-arg]  # of the list
    published_on = serializers.DateField(required=False, allow_null=True)
    venue = serializers.CharField(max_length=500, required=False, allow_blank=True)
    licence = serializers.CharField(max_length=200, required=False, allow_blank=True)
    abstract = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    facility = serializers.SlugRelatedField(
        slug_field="slug", queryset=Facility.objects.all(), required=False, allow_null=True
    )
    language = serializers.RegexField(LANGUAGE, max_length=35, required=False, allow_blank=True)
    subjects = SubjectSerializer(many=True, required=False, max_length=200)  # type: ignore[call-arg]  # of the list
    funding = FundingSerializer(many=True, required=False, max_length=200)  # type: ignore[call-arg]  # of the list
    techniques = TechniquesField(required=False, max_length=100, help_text="PaNET ids, or names of techniques")
    instruments = InstrumentSerializer(many=True, required=False, max_length=100)  # type: ignore[call-arg]  # of the list

    def validate_licence(self, value: str) -> str:
        """Return its SPDX id where it has one, else what was sent."""
        return normal_licence(value)

    def validate_instruments(self, value: list[dict[str, str]]) -> list[InstrumentDraft]:
        """Return them as `edit_publication` takes them."""
        return [InstrumentDraft(**one) for one in value]

    def merged_into(self, publication: Publication) -> dict[str, Any]:
        """Return everything `edit_publication` takes: what was sent, and for the rest what is there."""
        there = {
            "techniques": list(publication.techniques.all()),
            "instruments": [InstrumentDraft(one.name, one.pid) for one in publication.instruments.all()],
        }
        return {
            name: self.validated_data[name]
            if name in self.validated_data
            else there[name]
            if name in there
            else getattr(publication, name)
            for name in map(str, MetadataSerializer().fields)
        }


class RegistrationSerializer(MetadataSerializer):
    """A DOI and its repository. With a `title` the metadata are taken as sent; without, they are looked up."""

    doi = serializers.CharField(max_length=300)
    source_url = serializers.CharField(max_length=1000)
    ref = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    datasets = serializers.ListField(
        child=serializers.CharField(max_length=300),
        required=False,
        max_length=MOST_DATASETS,
        help_text="DOIs of exactly the data behind it; without it, those that its agency names",
    )

    @property
    def says_more(self) -> bool:
        """Whether it holds what no agency tells of a publication."""
        return bool({"language", "subjects", "funding", "techniques", "instruments"} & self.validated_data.keys())

    def validate_doi(self, value: str) -> str:
        """Return the DOI in its normal form. Raises IdentifierError (doi-malformed)."""
        return parse_doi(value)

    def validate_datasets(self, value: list[str]) -> list[str]:
        """Return the DOIs in their normal form, each once. Raises IdentifierError (doi-malformed)."""
        return list(dict.fromkeys(map(parse_doi, value)))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by_hand = {"creators", "published_on", "venue", "licence", "abstract"} & attrs.keys()
        if by_hand and "title" not in attrs:
            raise serializers.ValidationError({"title": ["Metadata that are given by hand need a title."]})
        return attrs

    def facts(self) -> PublicationFacts | None:
        """Return the metadata given by hand, or None when they are to be looked up."""
        typed = self.validated_data
        if "title" not in typed:
            return None
        return PublicationFacts(
            doi=typed["doi"],
            title=typed["title"],
            agency="manual",
            creators=tuple(map(_creator, typed.get("creators", ()))),
            published_on=typed.get("published_on"),
            venue=typed.get("venue", ""),
            licence=typed.get("licence", ""),
            abstract=typed.get("abstract", ""),
        )


def _creator(typed: dict[str, Any]) -> Creator:
    places = tuple(Organisation(**place) for place in typed.get("affiliations", ()))
    return Creator(**{**typed, "affiliations": places})


class PublicationFilter(ApiFilter):
    """The facets of the search page, each meaning what it means there, and what a harvester asks."""

    q = django_filters.CharFilter(method="by_wish", label="words of title, authors, abstract, venue")
    doi = django_filters.CharFilter(method="by_doi", label="DOI in any of its written forms")
    facility = django_filters.CharFilter(method="by_wish", label="slug of a facility")
    technique = KeyFilter(method="by_wish", label="id of a technique; narrower ones are found too")
    instrument = KeyFilter(method="by_wish", label="id of an instrument")
    verdict = django_filters.ChoiceFilter(
        method="by_wish", choices=[(word, word) for word in VERDICT_WORDS], label="verdict of any target"
    )
    environment = django_filters.ChoiceFilter(
        method="by_wish", choices=tuple(DECLARATIONS.items()), label="by what a repository declares its environment"
    )
    year = KeyFilter(method="by_wish", label="year of publication")
    licence = django_filters.CharFilter(method="by_wish", label="licence of the paper, by its SPDX id where it has one")
    access = django_filters.ChoiceFilter(
        method="by_wish", choices=Dataset.Access.choices, label="access to any of its datasets"
    )
    state = django_filters.ChoiceFilter(choices=Publication.State.choices)
    since = SinceFilter("updated_at", "changed since")

    def by_wish(self, found: QuerySet[Publication], name: str, value: object) -> QuerySet[Publication]:
        wished = find(self.viewer, read_wish({name: str(value)}))
        return found.filter(pk__in=wished.values("pk"))

    def by_doi(self, found: QuerySet[Publication], _name: str, value: str) -> QuerySet[Publication]:
        return found.filter(doi=normal_doi(value))
