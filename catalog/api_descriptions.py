"""People, keywords, funding and instruments, as the API shows and takes them of publications and datasets."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.api_bodies import BodySerializer
from catalog.api_techniques import TechniqueSerializer
from catalog.described import funder_identifier, techniques_named
from catalog.identifiers import parse_orcid, parse_pid, parse_ror
from catalog.models import Facility, Instrument, Technique


class AffiliationSerializer(BodySerializer):
    """Where somebody works."""

    name = serializers.CharField(max_length=300)
    ror = serializers.CharField(max_length=60, required=False)

    def validate_ror(self, value: str) -> str:
        """Return the id in its normal form. Raises IdentifierError (ror-malformed)."""
        return parse_ror(value)


class CreatorSerializer(BodySerializer):
    """An author of the paper, as named on it."""

    name = serializers.CharField(max_length=200)
    given = serializers.CharField(max_length=200, required=False)
    family = serializers.CharField(max_length=200, required=False)
    orcid = serializers.CharField(max_length=60, required=False)
    affiliations = AffiliationSerializer(many=True, required=False)
    is_group = serializers.BooleanField(required=False)

    def validate_orcid(self, value: str) -> str:
        """Return the iD in its normal form. Raises IdentifierError (orcid-malformed)."""
        return parse_orcid(value)


class SubjectSerializer(BodySerializer):
    """A keyword; with `uri`, `scheme` and `scheme_uri` a term of a vocabulary."""

    text = serializers.CharField(max_length=300)
    uri = serializers.CharField(max_length=1000, required=False)
    scheme = serializers.CharField(max_length=200, required=False)
    scheme_uri = serializers.CharField(max_length=1000, required=False)


class FundingSerializer(BodySerializer):
    """Who paid, and by which award."""

    funder = serializers.CharField(max_length=300)
    identifier = serializers.CharField(max_length=300, required=False, help_text="ROR id or address of the funder")
    award = serializers.CharField(max_length=300, required=False)
    award_title = serializers.CharField(max_length=300, required=False)

    def validate_identifier(self, value: str) -> str:
        """Return it in its normal form. Raises IdentifierError (ror-malformed, pid-malformed)."""
        return funder_identifier(value)


class InstrumentSerializer(BodySerializer):
    """An instrument; `pid` is a bare DOI or a web address."""

    name = serializers.CharField(max_length=200)
    pid = serializers.CharField(max_length=300, required=False, allow_blank=True)

    def validate_pid(self, value: str) -> str:
        """Return it in its normal form. Raises IdentifierError (pid-malformed)."""
        return parse_pid(value) if value else ""


class ShownInstrumentSerializer(serializers.ModelSerializer[Instrument]):
    """An instrument with its facility; `pid` is a bare DOI, a web address or empty."""

    facility = serializers.SlugRelatedField[Facility](slug_field="slug", read_only=True, allow_null=True)

    class Meta:
        model = Instrument
        fields = ("id", "name", "pid", "facility")
        read_only_fields = fields


class TechniquesField(serializers.ListField):
    """Techniques by PaNET id, by its address or by name. Raises CatalogError technique-unknown."""

    child = serializers.CharField(max_length=300)

    def to_internal_value(self, data: list[str]) -> list[Technique]:
        """Return the techniques on record."""
        return techniques_named(super().to_internal_value(data))


class RelatedSerializer(serializers.Serializer[dict[str, Any]]):
    """Something else that belongs to it, as its source says; `relation` is DataCite's."""

    relation = serializers.CharField()
    identifier = serializers.CharField()
    kind = serializers.CharField(required=False)


class DescribedSerializer(serializers.Serializer[Any]):
    """What publications and datasets have in common."""

    creators = CreatorSerializer(many=True, read_only=True)
    contributors = CreatorSerializer(many=True, read_only=True)
    published_precision = serializers.CharField(
        read_only=True, help_text="year, month or day: what is known of the date"
    )
    facility = serializers.SlugRelatedField[Facility](slug_field="slug", read_only=True, allow_null=True)
    instruments = ShownInstrumentSerializer(many=True, read_only=True)
    techniques = TechniqueSerializer(many=True, read_only=True)
    subjects = SubjectSerializer(many=True, read_only=True)
    funding = FundingSerializer(many=True, read_only=True)
    related = RelatedSerializer(many=True, read_only=True)
