"""Techniques in the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from catalog.api import ApiFilter, ApiViewSet, KeyFilter, viewer_of
from catalog.models import Publication, Technique
from catalog.techniques import counts_by_technique


class TechniqueSerializer(serializers.ModelSerializer[Technique]):
    """An experimental technique; `panet_id` is empty where PaNET has no term for it."""

    class Meta:
        model = Technique
        fields = ("id", "name", "panet_id")
        read_only_fields = fields


class TermSerializer(serializers.ModelSerializer[Technique]):
    """The same with all that the ontology says of it; `parents` are the next broader techniques."""

    iri = serializers.CharField(read_only=True, help_text="empty where PaNET has no term for it")
    synonyms = serializers.ListField(child=serializers.CharField(), read_only=True)
    parents = serializers.PrimaryKeyRelatedField[Technique](many=True, read_only=True)
    publications = serializers.SerializerMethodField(
        help_text="how many of those that you may see use it or a narrower technique"
    )

    class Meta:
        model = Technique
        fields = (
            *("id", "name", "panet_id", "iri", "definition", "synonyms", "parents", "publications"),
            *("release", "is_deprecated"),
        )
        read_only_fields = fields

    def get_publications(self, technique: Technique) -> int:
        counts: dict[int, int] = self.context["counts"]
        return counts.get(technique.pk, 0)


class UsedTechniqueFilter(KeyFilter):
    """By the number of a technique that a publication uses, or of a broader one; `field_name` leads to it."""

    def filter(self, qs: QuerySet[Any], value: Decimal | None) -> QuerySet[Any]:  # Any: of any resource
        """Return those of the technique and of narrower ones; all where none is given."""
        if value is None:
            return qs
        narrower = Technique.objects.narrower_than(int(value)).order_by().values("pk")
        using = Publication.objects.filter(techniques__in=narrower).order_by().values("pk")
        return qs.filter(**{f"{self.field_name}__in": using})


class TechniqueFilter(ApiFilter):
    """By id, by words, and by place in the hierarchy."""

    q = django_filters.CharFilter(method="by_words", label="words of name or synonyms, of techniques in use")
    below = KeyFilter(method="by_place", label="id of a broader technique")
    panet_id = django_filters.CharFilter(field_name="panet_id")

    def by_place(self, found: QuerySet[Technique], _name: str, value: Decimal) -> QuerySet[Technique]:
        narrower = Technique.objects.narrower_than(int(value)).order_by()
        return found.filter(pk__in=narrower.values("pk"))

    def by_words(self, found: QuerySet[Technique], _name: str, value: str) -> QuerySet[Technique]:
        return found.filter(pk__in=Technique.objects.matching(value).order_by().values("pk"))


@extend_schema_view(list=extend_schema(summary="List techniques"), retrieve=extend_schema(summary="Show a technique"))
class TechniqueViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Experimental techniques, terms of PaNET where it has them."""

    queryset = Technique.objects.prefetch_related("parents")
    serializer_class = TermSerializer
    filterset_class = TechniqueFilter
    ordering_fields = ("name",)

    def get_serializer_context(self) -> dict[str, Any]:  # Any: as DRF has it
        """Count once for a whole list."""
        visible = Publication.objects.visible_to(viewer_of(self.request))
        return {**super().get_serializer_context(), "counts": counts_by_technique(visible)}
