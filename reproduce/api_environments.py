"""Environments and builds in the API: what notebooks ran in, why it is this, and how it was made."""

from __future__ import annotations

from typing import Any

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from builder.environment_facts import downloads, engine_reason
from builder.models import Build, Environment
from catalog.api import ApiFilter, ApiViewSet, KeyFilter, SinceFilter, normal_doi, viewer_of
from catalog.api_targets import CauseSerializer
from catalog.models import AsOf


class PackageSerializer(serializers.Serializer[dict[str, str]]):
    """A resolved distribution."""

    name = serializers.CharField()
    version = serializers.CharField()


class EnvironmentSerializer(serializers.ModelSerializer[Environment]):
    """What a snapshot's notebooks ran in. One key may serve several snapshots; each has an entry of its own."""

    publication = serializers.CharField(source="snapshot.repository.publication.doi", read_only=True, help_text="DOI")
    engine = serializers.CharField(read_only=True, help_text="local, repo2docker or image")
    engine_reason = serializers.SerializerMethodField()
    as_of_choice = serializers.CharField(read_only=True, help_text="commit, publication or today")
    as_of_reason = serializers.CharField(source="recipe.as_of_reason", read_only=True)
    python_reason = serializers.CharField(source="recipe.python_reason", read_only=True)
    approximations = serializers.ListField(child=serializers.CharField(), read_only=True)
    page = serializers.SerializerMethodField(help_text="address for people")

    class Meta:
        model = Environment
        fields: tuple[str, ...] = (
            "id",
            "key",
            "publication",
            "snapshot",
            "engine",
            "engine_reason",
            "python",
            "python_reason",
            "as_of",
            "as_of_choice",
            "as_of_reason",
            "lock_sha256",
            "approximations",
            "size_bytes",
            "built_s",
            "created_at",
            "last_used_at",
            "page",
        )
        read_only_fields: tuple[str, ...] = fields

    def get_engine_reason(self, environment: Environment) -> str:
        return engine_reason(environment)

    def get_page(self, environment: Environment) -> str:
        return f"{settings.REPRISE_URL}{environment.get_absolute_url()}"


class EnvironmentDetailSerializer(EnvironmentSerializer):
    """An environment with its packages, its recipe and the system facts that change figures."""

    packages = PackageSerializer(many=True, read_only=True)
    recipe = serializers.DictField(read_only=True, help_text="what was asked for, from which files")
    details = serializers.DictField(read_only=True, help_text="how the engine made it")
    companion = serializers.DictField(read_only=True, help_text="system facts that change figures")

    class Meta(EnvironmentSerializer.Meta):
        fields = (*EnvironmentSerializer.Meta.fields, "packages", "recipe", "details", "companion")
        read_only_fields = fields


class DownloadSerializer(serializers.Serializer[dict[str, str]]):
    """A file of an environment."""

    name = serializers.CharField()
    meaning = serializers.CharField()
    url = serializers.URLField()


class EnvironmentFilter(ApiFilter):
    """By publication, snapshot, key, engine, date and lock."""

    doi = django_filters.CharFilter(method="by_doi", label="DOI of the publication")
    snapshot = KeyFilter(field_name="snapshot")
    key = django_filters.CharFilter()
    engine = django_filters.CharFilter()
    as_of_choice = django_filters.ChoiceFilter(choices=AsOf.choices)
    lock_sha256 = django_filters.CharFilter()

    def by_doi(self, found: QuerySet[Environment], _name: str, value: str) -> QuerySet[Environment]:
        return found.filter(snapshot__repository__publication__doi=normal_doi(value))


@extend_schema_view(
    list=extend_schema(summary="List environments"),
    retrieve=extend_schema(summary="Show an environment", responses=EnvironmentDetailSerializer),
)
class EnvironmentViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Environments of the publications that the viewer may see, newest first."""

    queryset = Environment.objects.all()
    serializer_class = EnvironmentSerializer
    filterset_class = EnvironmentFilter
    ordering_fields = ("created_at", "last_used_at", "size_bytes")

    def get_queryset(self) -> QuerySet[Environment]:
        visible = Environment.objects.visible_to(viewer_of(self.request))
        return visible.select_related("snapshot__repository__publication")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return EnvironmentDetailSerializer if self.action == "retrieve" else EnvironmentSerializer

    @extend_schema(summary="List the files of an environment", responses=DownloadSerializer(many=True))
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def files(self, _request: Request, **_: str) -> Response:
        """Return the files with which anyone can make the environment again, with their addresses."""
        environment: Environment = self.get_object()
        return Response(
            [
                {"name": file.name, "meaning": file.meaning, "url": _address(environment, file.name)}
                for file in downloads(environment)
            ]
        )


class StageSerializer(serializers.Serializer[dict[str, Any]]):
    """A stage that is done: resolve, download, build, install or verify."""

    stage = serializers.CharField()
    seconds = serializers.FloatField()


class BuildSerializer(serializers.ModelSerializer[Build]):
    """One attempt to make an environment."""

    publication = serializers.CharField(source="snapshot.repository.publication.doi", read_only=True, help_text="DOI")
    state = serializers.CharField(read_only=True, help_text="running, succeeded or failed")
    stage = serializers.CharField(read_only=True, help_text="that is under way, or that it failed in")
    stages = StageSerializer(many=True, read_only=True)
    as_of_choice = serializers.CharField(read_only=True, help_text="commit, publication or today")
    cause = CauseSerializer(allow_null=True, read_only=True)

    class Meta:
        model = Build
        fields: tuple[str, ...] = (
            "id",
            "publication",
            "snapshot",
            "environment",
            "engine",
            "as_of_choice",
            "state",
            "stage",
            "stages",
            "cause",
            "started_at",
            "ended_at",
        )
        read_only_fields: tuple[str, ...] = fields


class BuildDetailSerializer(BuildSerializer):
    """A build with its log."""

    log = serializers.SerializerMethodField()

    class Meta(BuildSerializer.Meta):
        fields = (*BuildSerializer.Meta.fields, "log")
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_log(self, build: Build) -> str:
        return build.log


class BuildFilter(ApiFilter):
    """By publication, snapshot, environment, engine, state and time."""

    doi = django_filters.CharFilter(method="by_doi", label="DOI of the publication")
    snapshot = KeyFilter(field_name="snapshot")
    environment = KeyFilter(field_name="environment")
    engine = django_filters.CharFilter()
    state = django_filters.ChoiceFilter(choices=Build.State.choices)
    since = SinceFilter("started_at", "started since")

    def by_doi(self, found: QuerySet[Build], _name: str, value: str) -> QuerySet[Build]:
        return found.filter(snapshot__repository__publication__doi=normal_doi(value))


@extend_schema_view(
    list=extend_schema(summary="List builds"),
    retrieve=extend_schema(summary="Show a build", responses=BuildDetailSerializer),
)
class BuildViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Attempts to make environments of publications that the viewer may see, newest first."""

    queryset = Build.objects.all()
    serializer_class = BuildSerializer
    filterset_class = BuildFilter
    lookup_value_regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    ordering_fields = ("started_at", "ended_at")

    def get_queryset(self) -> QuerySet[Build]:
        visible = Build.objects.visible_to(viewer_of(self.request))
        found = visible.select_related("snapshot__repository__publication")
        return found.defer("log") if self.action == "list" else found

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return BuildDetailSerializer if self.action == "retrieve" else BuildSerializer


def _address(environment: Environment, name: str) -> str:
    return f"{settings.REPRISE_URL}{reverse('environment-file', args=[environment.key, name])}?of={environment.pk}"
