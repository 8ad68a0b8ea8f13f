"""Targets as the API shows and takes them."""

from __future__ import annotations

from typing import Any, Final

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.allowed_hosts import MOST_HOSTS
from catalog.api import ApiFilter, SinceFilter, check_finite, normal_doi
from catalog.api_bodies import BodySerializer
from catalog.api_techniques import UsedTechniqueFilter
from catalog.data_places import read_patterns, read_wishes
from catalog.declarable import COMPARISON_RULES, MATPLOTLIB_BACKENDS, MOST_THREADS
from catalog.finding import VERDICT_WORDS
from catalog.models import Target
from catalog.registration import TargetDraft

MOST_SECONDS: Final = 86_400
NOT_YET: Final = "none"


class CauseSerializer(serializers.Serializer[dict[str, str]]):
    """Why a verdict is not good, whose fault it is, and what can be done."""

    id = serializers.CharField()
    fault = serializers.CharField(help_text="author, upstream, operator, service or visitor")
    message = serializers.CharField()
    hint = serializers.CharField()
    evidence = serializers.CharField(required=False, help_text="the line that it rests on, where there is one")


class EvidenceSerializer(serializers.Serializer[dict[str, Any]]):
    """The newest verdict on a target and the run that proved it."""

    verdict = serializers.CharField(help_text=", ".join(VERDICT_WORDS))
    cause = CauseSerializer(allow_null=True)
    run = serializers.UUIDField()
    commit = serializers.CharField()
    is_sandboxed = serializers.BooleanField()
    is_approximated = serializers.BooleanField()
    seen_at = serializers.DateTimeField()
    since = serializers.DateTimeField()


class DataWishSerializer(BodySerializer):
    """A dataset that the notebook expects at a place."""

    dataset = serializers.CharField(max_length=300, help_text="DOI of a dataset that is linked to the publication")
    at = serializers.CharField(max_length=500, help_text="a path of the repository, an absolute path, or $NAME")
    part = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="a file or directory of the dataset; all if empty"
    )


class TargetSerializer(serializers.ModelSerializer[Target]):
    """What the paper claims and a notebook produces. `evidence` is null until something is proven."""

    publication = serializers.CharField(source="publication.doi", read_only=True, help_text="DOI")
    kind = serializers.CharField(read_only=True, help_text="figure, table, number or statement")
    state = serializers.CharField(read_only=True, help_text="proposed or confirmed")
    cells = serializers.ListField(child=serializers.CharField(), read_only=True)
    allowed_hosts = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="hosts that its notebook may reach"
    )
    parameters = serializers.DictField(read_only=True)
    data = DataWishSerializer(many=True, read_only=True)  # type: ignore[assignment]  # a field of that name
    output_files = serializers.ListField(child=serializers.CharField(), read_only=True)
    matplotlib_backend = serializers.CharField(read_only=True, help_text="empty for its own choice")
    resources = serializers.DictField(read_only=True, help_text="what it asks of a batch system")
    given_environment = serializers.CharField(
        read_only=True, help_text="the facility's environment that it runs in; its repository's when empty"
    )
    evidence = serializers.SerializerMethodField()
    page = serializers.SerializerMethodField(help_text="address for people")

    class Meta:
        model = Target
        fields = (
            "id",
            "publication",
            "repository",
            "kind",
            "label",
            "slug",
            "caption",
            "notebook",
            "cells",
            "parameters",
            "rtol",
            "atol",
            "image_limit",
            "disabled_rules",
            "timeout_s",
            "allowed_hosts",
            "is_host_missing",
            "data",
            "output_files",
            "resources",
            "given_environment",
            "threads",
            "matplotlib_backend",
            "state",
            "reason",
            "position",
            "evidence",
            "page",
        )
        read_only_fields = fields

    @extend_schema_field(EvidenceSerializer(allow_null=True))
    def get_evidence(self, target: Target) -> dict[str, Any] | None:
        return target.current_evidence.as_dict() if target.current_evidence else None

    def get_page(self, target: Target) -> str:
        return f"{settings.REPRISE_URL}{target.get_absolute_url()}"


class TargetEditSerializer(BodySerializer):
    """What an author may say of a target. Saying it confirms the target."""

    label = serializers.CharField(max_length=100, required=False)  # type: ignore[assignment]  # a field of that name
    kind = serializers.ChoiceField(choices=Target.Kind.choices, required=False)
    caption = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    notebook = serializers.CharField(max_length=500, required=False)
    cells = serializers.ListField(child=serializers.CharField(max_length=100), required=False, max_length=1000)
    rtol = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=1e6, validators=[check_finite]
    )
    atol = serializers.FloatField(required=False, min_value=0, max_value=1e300, validators=[check_finite])
    image_limit = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=1e6, validators=[check_finite]
    )
    disabled_rules = serializers.ListField(
        child=serializers.ChoiceField(choices=COMPARISON_RULES), required=False, max_length=len(COMPARISON_RULES)
    )
    timeout_s = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_SECONDS)
    threads = serializers.IntegerField(required=False, min_value=1, max_value=MOST_THREADS)
    matplotlib_backend = serializers.ChoiceField(
        choices=list(MATPLOTLIB_BACKENDS.items()), required=False, allow_blank=True
    )
    allowed_hosts = serializers.ListField(
        child=serializers.CharField(max_length=260),
        required=False,
        max_length=MOST_HOSTS,
        help_text="as data.example.org, data.example.org:8443 or *.example.org; no network when empty",
    )
    data = DataWishSerializer(many=True, required=False)  # type: ignore[assignment]  # a field of that name
    output_files = serializers.ListField(child=serializers.CharField(max_length=500), required=False)
    resources = serializers.DictField(required=False)
    given_environment = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="a name that the operator gives; empty for none"
    )

    def draft_for(self, target: Target) -> TargetDraft:
        """Return the target as it should become: what was sent, and for the rest what is there.

        Raises CausedError for data or files that cannot be meant.
        """
        values = {name: self.validated_data.get(name, getattr(target, name)) for name in map(str, self.fields)}
        read = {
            **{name: tuple(values[name]) for name in ("cells", "allowed_hosts", "disabled_rules")},
            "data": read_wishes(values["data"]),
            "output_files": read_patterns(values["output_files"]),
        }
        return TargetDraft(id=target.pk, **{**values, **read})


class TargetFilter(ApiFilter):
    """By publication, facility, technique, kind, state and what the evidence says."""

    doi = django_filters.CharFilter(method="by_doi", label="DOI of the publication")
    facility = django_filters.CharFilter(field_name="publication__facility__slug", label="slug of a facility")
    technique = UsedTechniqueFilter("publication", label="id of a technique; narrower ones are found too")
    kind = django_filters.ChoiceFilter(choices=Target.Kind.choices)
    state = django_filters.ChoiceFilter(choices=Target.State.choices)
    verdict = django_filters.ChoiceFilter(
        method="by_verdict", choices=[(word, word) for word in (*VERDICT_WORDS, NOT_YET)], label="verdict, or none yet"
    )
    since = SinceFilter("evidence__seen_at", "seen since")

    def by_doi(self, found: QuerySet[Target], _name: str, value: str) -> QuerySet[Target]:
        return found.filter(publication__doi=normal_doi(value))

    def by_verdict(self, found: QuerySet[Target], _name: str, value: str) -> QuerySet[Target]:
        return found.filter(evidence__isnull=True) if value == NOT_YET else found.filter(evidence__verdict=value)
