"""What is proposed for registration, as the API takes the question and shows the answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from builder.proposed_registration import ProposedRegistration
from catalog.api_bodies import BodySerializer
from catalog.api_descriptions import (
    CreatorSerializer,
    FundingSerializer,
    InstrumentSerializer,
    RelatedSerializer,
    SubjectSerializer,
)
from catalog.described import MOST_ENTRIES, description_of, description_of_data, subject_entry
from catalog.sources import DatasetFacts, PublicationFacts


class ReferenceSerializer(BodySerializer):
    """What is to be looked up: a DOI, an address or a SWHID as `doi`, or else the repository."""

    doi = serializers.CharField(
        max_length=1000,
        required=False,
        allow_blank=True,
        default="",
        help_text="of the paper, of its data or of its code; an address or a SWHID will do too",
    )
    source_url = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    ref = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs["doi"] or attrs["source_url"]):
            raise serializers.ValidationError({"doi": ["Give a DOI, or the address of the repository."]})
        return attrs


class ProposedBodySerializer(serializers.Serializer[ProposedRegistration]):
    """What may be sent to register it, once it is checked. What nobody tells is empty, and has to be said first."""

    doi = serializers.CharField()
    source_url = serializers.CharField()
    ref = serializers.CharField()
    facility = serializers.CharField(source="facility.slug", allow_null=True)
    instruments = InstrumentSerializer(many=True, read_only=True)
    datasets = serializers.ListField(child=serializers.CharField(), source="dataset_dois")


class ToldSerializer(serializers.Serializer[dict[str, Any]]):
    """What the sources tell of a publication or of data alike."""

    doi = serializers.CharField(help_text="empty if it has none")
    title = serializers.CharField()
    type = serializers.CharField()
    url = serializers.CharField()
    creators = CreatorSerializer(many=True, read_only=True)
    published_on = serializers.DateField(allow_null=True)
    published_precision = serializers.CharField(help_text="year, month or day: what is known of the date")
    publisher = serializers.CharField()
    licence = serializers.CharField()
    subjects = SubjectSerializer(many=True, read_only=True)
    funding = FundingSerializer(many=True, read_only=True)
    related = RelatedSerializer(many=True, read_only=True)


class ToldPublicationSerializer(ToldSerializer):
    """What the sources tell of the paper."""

    origin = serializers.CharField(help_text="crossref, datacite or other")
    venue = serializers.CharField()
    abstract = serializers.CharField()

    def to_representation(self, instance: PublicationFacts) -> dict[str, Any]:  # type: ignore[override]  # facts
        """Return it in the words in which it would be kept."""
        named = {"doi": instance.doi, "origin": instance.agency}
        shown: dict[str, Any] = super().to_representation({**description_of(instance), **named})
        return shown


class ToldDatasetSerializer(ToldSerializer):
    """What the sources tell of data, or of archived code."""

    description = serializers.CharField()
    publisher_ror = serializers.CharField()
    version = serializers.CharField()
    access = serializers.CharField(help_text="open, embargoed, restricted or unknown")
    embargo_until = serializers.DateField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)
    file_count = serializers.IntegerField()
    techniques = SubjectSerializer(many=True, read_only=True)

    def to_representation(self, instance: DatasetFacts) -> dict[str, Any]:  # type: ignore[override]  # facts
        """Return it in the words in which it would be kept; of its files their number."""
        named = {name: getattr(instance, name) for name in ("doi", "title", "type", "url", "access")}
        techniques = [subject_entry(one) for one in instance.techniques[:MOST_ENTRIES]]
        counted = {"file_count": len(instance.files), "techniques": techniques}
        shown: dict[str, Any] = super().to_representation({**description_of_data(instance), **named, **counted})
        return shown


class ToldRepositorySerializer(serializers.Serializer[Any]):
    """A repository that may hold the notebooks, and why it is thought to."""

    url = serializers.CharField()
    ref = serializers.CharField()
    name = serializers.CharField()
    reason = serializers.CharField()


class ProposalSerializer(serializers.Serializer[ProposedRegistration]):
    """What may be registered, and what was found: the paper, its data, archived code, repositories, and notes."""

    registration = ProposedBodySerializer(source="*")
    publication = ToldPublicationSerializer(allow_null=True)
    datasets = ToldDatasetSerializer(many=True)
    archives = ToldDatasetSerializer(many=True)
    repositories = ToldRepositorySerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField(), help_text="what is missing, contradictory or unsure")
