"""Techniques in the API."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from catalog.api import ApiViewSet
from catalog.models import Technique


class TechniqueSerializer(serializers.ModelSerializer[Technique]):
    """An experimental technique; `panet_id` is empty where PaNET has no term for it."""

    class Meta:
        model = Technique
        fields = ("id", "name", "panet_id")
        read_only_fields = fields


@extend_schema_view(list=extend_schema(summary="List techniques"), retrieve=extend_schema(summary="Show a technique"))
class TechniqueViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Experimental techniques, terms of PaNET where it has them."""

    queryset = Technique.objects.all()
    serializer_class = TechniqueSerializer
    filterset_fields = ("panet_id",)
    ordering_fields = ("name",)
