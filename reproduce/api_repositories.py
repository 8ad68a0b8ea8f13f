"""Repositories and their snapshots in the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from builder.models import Snapshot
from builder.queue import request_snapshot
from catalog.api import ApiFilter, ApiViewSet, KeyFilter, normal_doi, refuse, viewer_of
from catalog.api_bodies import BodySerializer
from catalog.api_targets import CauseSerializer
from catalog.audit import actor_of
from catalog.models import AsOf, Publication, Repository
from catalog.registration import choose_date


class RepositorySerializer(serializers.ModelSerializer[Repository]):
    """Where the notebooks of a publication live."""

    publication = serializers.CharField(source="publication.doi", read_only=True, help_text="DOI")

    class Meta:
        model = Repository
        fields = ("id", "publication", "url", "ref", "as_of", "is_own", "created_at")
        read_only_fields = fields


class AsOfSerializer(BodySerializer):
    """As of which date what the repository does not pin is resolved."""

    as_of = serializers.ChoiceField(choices=AsOf.choices)


class NotebookSerializer(serializers.Serializer[dict[str, Any]]):
    """A notebook of a snapshot; `problem` is the id of the cause when it cannot be run as it is."""

    path = serializers.CharField()
    title = serializers.CharField()
    kernel_name = serializers.CharField()
    language = serializers.CharField()
    language_version = serializers.CharField()
    code_cells = serializers.IntegerField()
    stored_outputs = serializers.IntegerField()
    problem = serializers.CharField(allow_null=True)
    problem_message = serializers.CharField()


class AdviceSerializer(serializers.Serializer[dict[str, Any]]):
    """What in a repository will rot, and how to mend it. `line` is null where it is about the whole file."""

    id = serializers.CharField()
    file = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField(allow_null=True)
    message = serializers.CharField()
    fix = serializers.CharField(allow_blank=True)
    severity = serializers.CharField()


class SnapshotSerializer(serializers.ModelSerializer[Snapshot]):
    """A repository at one exact commit. Without a commit it is waiting to be fetched, or could not be."""

    state = serializers.CharField(read_only=True, help_text="requested, fetching, ready or failed")
    cause = CauseSerializer(allow_null=True, read_only=True)
    notebooks = NotebookSerializer(many=True, read_only=True)
    advice = AdviceSerializer(many=True, read_only=True)

    class Meta:
        model = Snapshot
        fields = (
            "id",
            "repository",
            "state",
            "commit",
            "committed_at",
            "swhid",
            "size_bytes",
            "notebooks",
            "advice",
            "cause",
            "created_at",
        )
        read_only_fields = fields


class RepositoryFilter(ApiFilter):
    """By publication."""

    doi = django_filters.CharFilter(method="by_doi", label="DOI of the publication")

    def by_doi(self, found: QuerySet[Repository], _name: str, value: str) -> QuerySet[Repository]:
        return found.filter(publication__doi=normal_doi(value))


@extend_schema_view(
    list=extend_schema(summary="List repositories"), retrieve=extend_schema(summary="Show a repository")
)
class RepositoryViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Repositories of the publications that are open to the viewer."""

    queryset = Repository.objects.all()
    serializer_class = RepositorySerializer
    filterset_class = RepositoryFilter
    ordering_fields = ("created_at",)

    def get_queryset(self) -> QuerySet[Repository]:
        visible = Publication.objects.open_to(viewer_of(self.request)).values("pk")
        return Repository.objects.filter(publication__in=visible).select_related("publication")

    @extend_schema(summary="Choose the date", request=AsOfSerializer, responses=RepositorySerializer)
    def partial_update(self, request: Request, **_: str) -> Response:
        """Have the repository resolved as of another date from the next run on."""
        repository: Repository = self.get_object()
        if not repository.publication.is_editable_by(viewer_of(request)):
            refuse("Only the author of the publication and curators may choose its date.")
        form = AsOfSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        choose_date(repository.publication, as_of=form.validated_data["as_of"], by=actor_of(request))
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(summary="Fetch a repository", request=None, responses={202: SnapshotSerializer})
    @action(detail=True, methods=["post"])
    def fetch(self, request: Request, **_: str) -> Response:
        """Ask for the repository's present state; a request under way serves everybody who asks."""
        repository: Repository = self.get_object()
        if not repository.publication.is_editable_by(viewer_of(request)):
            refuse("Only the author of the publication and curators may fetch its repository.")
        snapshot = request_snapshot(repository, by=actor_of(request))
        location = reverse("api-snapshot-detail", args=[snapshot.pk], request=request)
        answer = SnapshotSerializer(snapshot, context=self.get_serializer_context()).data
        return Response(answer, status=status.HTTP_202_ACCEPTED, headers={"Location": location})


class SnapshotFilter(ApiFilter):
    """By repository, publication, state and commit."""

    repository = KeyFilter(field_name="repository")
    doi = django_filters.CharFilter(method="by_doi", label="DOI of the publication")
    state = django_filters.ChoiceFilter(choices=Snapshot.State.choices)
    commit = django_filters.CharFilter()

    def by_doi(self, found: QuerySet[Snapshot], _name: str, value: str) -> QuerySet[Snapshot]:
        return found.filter(repository__publication__doi=normal_doi(value))


@extend_schema_view(list=extend_schema(summary="List snapshots"), retrieve=extend_schema(summary="Show a snapshot"))
class SnapshotViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Repositories at exact commits, with the notebooks that were found."""

    queryset = Snapshot.objects.all()
    serializer_class = SnapshotSerializer
    filterset_class = SnapshotFilter
    ordering_fields = ("created_at",)

    def get_queryset(self) -> QuerySet[Snapshot]:
        visible = Publication.objects.open_to(viewer_of(self.request)).values("pk")
        return Snapshot.objects.filter(repository__publication__in=visible).select_related("repository")
