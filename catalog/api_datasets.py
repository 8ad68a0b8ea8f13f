"""Datasets in the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from catalog.api import ApiFilter, ApiViewSet, normal_doi, viewer_of
from catalog.api_descriptions import DescribedSerializer
from catalog.models import Dataset, Publication


class DatasetFileSerializer(serializers.Serializer[dict[str, Any]]):
    """A file of a dataset, as far as its repository tells."""

    path = serializers.CharField()
    size_bytes = serializers.IntegerField(required=False)
    sha256 = serializers.CharField(required=False)
    md5 = serializers.CharField(required=False)
    media_type = serializers.CharField(required=False)
    url = serializers.CharField(required=False, help_text="where it may be had; only of data that are open")


class DatasetSerializer(DescribedSerializer, serializers.ModelSerializer[Dataset]):
    """Data behind one or more publications. Of what is not open to the viewer, no files are listed."""

    collection = serializers.SlugRelatedField[Dataset](
        source="parent",
        slug_field="doi",
        read_only=True,
        allow_null=True,
        help_text="DOI of the collection that it is part of",
    )
    # Empty where it is not known, which the description of an address does not allow.
    publisher_ror = serializers.CharField(read_only=True, help_text="address of its ROR id; empty if not known")
    url = serializers.CharField(read_only=True, help_text="its page; empty if not known")
    access = serializers.CharField(read_only=True, help_text="open, embargoed, restricted or unknown")
    files = serializers.SerializerMethodField()

    class Meta:
        model = Dataset
        fields = (
            *("id", "doi", "title", "description", "creators", "contributors", "publisher", "publisher_ror"),
            *("published_on", "published_precision", "version", "language", "licence", "repository", "url"),
            *("access", "embargo_until", "size_bytes", "files", "facility", "instruments", "techniques"),
            *("subjects", "funding", "related", "collection", "created_at", "updated_at"),
        )
        read_only_fields = fields

    @extend_schema_field(DatasetFileSerializer(many=True))
    def get_files(self, dataset: Dataset) -> list[dict[str, Any]]:  # Any: JSON as it was kept
        return dataset.files if getattr(dataset, "is_open", False) else []


class DatasetFilter(ApiFilter):
    """By the dataset's DOI or that of a publication."""

    doi = django_filters.CharFilter(method="by_doi", label="DOI of the dataset")
    publication = django_filters.CharFilter(method="by_publication", label="DOI of a publication")

    def by_doi(self, found: QuerySet[Dataset], _name: str, value: str) -> QuerySet[Dataset]:
        return found.filter(doi=normal_doi(value))

    def by_publication(self, found: QuerySet[Dataset], _name: str, value: str) -> QuerySet[Dataset]:
        visible = Publication.objects.visible_to(self.viewer)
        return found.filter(publications__in=visible.filter(doi=normal_doi(value)).values("pk"))


@extend_schema_view(list=extend_schema(summary="List datasets"), retrieve=extend_schema(summary="Show a dataset"))
class DatasetViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Data behind the publications that the viewer may see."""

    queryset = Dataset.objects.all()
    serializer_class = DatasetSerializer
    filterset_class = DatasetFilter
    ordering_fields = ("doi", "title")

    def get_queryset(self) -> QuerySet[Dataset]:
        viewer = viewer_of(self.request)
        opened = Dataset.objects.open_to(viewer).filter(pk=OuterRef("pk"))
        visible = Dataset.objects.visible_to(viewer).annotate(is_open=Exists(opened))
        return visible.select_related("facility", "parent").prefetch_related("techniques", "instruments__facility")
