"""Facilities in the API, with what is seen of their published analyses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import ApiViewSet
from catalog.finding import VERDICT_WORDS
from catalog.models import Facility, Publication, Target

NOT_YET = "none"


class FacilityCountsSerializer(serializers.Serializer[dict[str, Any]]):
    """What is published of a facility. A target without evidence counts under `none`."""

    publications = serializers.IntegerField()
    targets = serializers.IntegerField()
    verdicts = serializers.DictField(child=serializers.IntegerField())


class FacilitySerializer(serializers.ModelSerializer[Facility]):
    """A facility; `counts` must be put into the context under each facility's key."""

    ror = serializers.CharField(read_only=True, help_text="address of its ROR id; empty for none")
    homepage = serializers.CharField(read_only=True, help_text="empty for none")
    counts = serializers.SerializerMethodField()

    class Meta:
        model = Facility
        fields = ("slug", "name", "ror", "homepage", "counts")

    @extend_schema_field(FacilityCountsSerializer)
    def get_counts(self, facility: Facility) -> dict[str, Any]:
        counts: dict[str, Any] = self.context["counts"][facility.pk]
        return counts


def count_published(facilities: Iterable[Facility]) -> dict[int, dict[str, Any]]:
    """Return the counts of each facility, the same for everybody: what is not public does not count."""
    keys = [facility.pk for facility in facilities]
    public = AnonymousUser()
    counts: dict[int, dict[str, Any]] = {
        key: {"publications": 0, "targets": 0, "verdicts": dict.fromkeys((*VERDICT_WORDS, NOT_YET), 0)} for key in keys
    }
    publications = Publication.objects.open_to(public).filter(facility__in=keys).order_by()
    for key, count in publications.values_list("facility").annotate(count=Count("pk")):
        counts[key]["publications"] = count
    targets = Target.objects.visible_to(public).filter(publication__facility__in=keys).order_by()
    rows = targets.values_list("publication__facility", "evidence__verdict").annotate(count=Count("pk"))
    for key, verdict, count in rows:
        counts[key]["targets"] += count
        counts[key]["verdicts"][verdict or NOT_YET] = count
    return counts


class FacilityViewSet(ApiViewSet):
    """Research infrastructures whose analyses are monitored together."""

    queryset = Facility.objects.all()
    serializer_class = FacilitySerializer
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]+"
    ordering_fields = ("name", "slug")

    @extend_schema(summary="List facilities")
    def list(self, _request: Request, **_: str) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        context = {**self.get_serializer_context(), "counts": count_published(page or ())}
        return self.get_paginated_response(FacilitySerializer(page, many=True, context=context).data)

    @extend_schema(summary="Show a facility")
    def retrieve(self, _request: Request, **_: str) -> Response:
        facility = self.get_object()
        context = {**self.get_serializer_context(), "counts": count_published([facility])}
        return Response(FacilitySerializer(facility, context=context).data)
