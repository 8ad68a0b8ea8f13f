"""Runs in the API: how far they are, what they proved, and on what it rests."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Final

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse as rest_reverse

from builder.prepare import artefact_store
from catalog.api import ApiFilter, ApiViewSet, KeyFilter, SinceFilter, normal_doi, refuse, viewer_of
from catalog.api_targets import NOT_YET, CauseSerializer
from catalog.api_techniques import UsedTechniqueFilter
from catalog.audit import actor_of
from catalog.counts import count_of
from catalog.finding import VERDICT_WORDS
from catalog.models import ApiToken, AsOf
from reproduce.access import may_cancel
from reproduce.models import Run, RunQuerySet
from reproduce.queue import cancel_run
from reproduce.run_crate import has_crate

STATEMENT: Final = "verdict.json"
MOST_EVENTS: Final = 500
_AFTER: Final = OpenApiParameter("after", {"type": "integer", "minimum": 0})


class RunEnvironmentSerializer(serializers.Serializer[Any]):
    """What the notebook ran in; more is at `environments/<id>/`."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    engine = serializers.CharField()
    python = serializers.CharField()
    as_of = serializers.DateTimeField()
    lock_sha256 = serializers.CharField()
    packages = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    approximations = serializers.ListField(child=serializers.CharField())


class RunSerializer(serializers.ModelSerializer[Run]):
    """One execution of a target's notebook. `verdict` is null until proven, and stays so after a fault of ours."""

    publication = serializers.CharField(source="target.publication.doi", read_only=True, help_text="DOI")
    state = serializers.CharField(read_only=True, help_text="queued, preparing, running, comparing, done or cancelled")
    reason = serializers.CharField(read_only=True, help_text="click, watch, api, demonstration, repair or derived")
    as_of = serializers.CharField(
        read_only=True, help_text="the date that was asked for; empty: the repository's own. Any other is a what-if"
    )
    is_what_if = serializers.BooleanField(
        read_only=True,
        help_text="as of another date than the repository's own, a repair or derived: it says nothing of the target",
    )
    is_repair = serializers.BooleanField(
        read_only=True, help_text="it tried what could be declared so that a failed notebook runs"
    )
    parameters = serializers.DictField(read_only=True, help_text="what a derived analysis set otherwise, by name")
    dataset = serializers.CharField(
        source="dataset.doi",
        read_only=True,
        default=None,
        allow_null=True,
        help_text="DOI of other data that it was run on; null for none",
    )
    is_approximated = serializers.SerializerMethodField(
        help_text="whether the environment departs from what the repository asks for"
    )
    verdict = serializers.CharField(read_only=True, allow_null=True, help_text=", ".join(VERDICT_WORDS))
    cause = CauseSerializer(read_only=True, allow_null=True)
    commit = serializers.SerializerMethodField()
    is_sandboxed = serializers.BooleanField(read_only=True)
    page = serializers.SerializerMethodField(help_text="address for people")

    class Meta:
        model = Run
        fields: tuple[str, ...] = (
            *("id", "target", "publication", "reason", "state", "attempts", "requested_at", "started_at", "ended_at"),
            *("run_s", "cells_total", "cells_done", "commit", "as_of", "is_what_if", "is_repair", "parameters"),
            *("dataset", "is_sandboxed", "is_approximated", "verdict", "cause", "page"),
        )
        read_only_fields: tuple[str, ...] = fields

    def get_is_approximated(self, run: Run) -> bool:
        return bool(run.environment and run.environment.approximations)

    def get_commit(self, run: Run) -> str:
        return run.snapshot.commit if run.snapshot else ""

    def get_page(self, run: Run) -> str:
        return f"{settings.REPRISE_URL}{run.get_absolute_url()}"


class RunDetailSerializer(RunSerializer):
    """A run with what the verdict rests on."""

    environment = RunEnvironmentSerializer(read_only=True, allow_null=True)
    sandbox = serializers.DictField(read_only=True)
    machine = serializers.DictField(read_only=True)
    variables = serializers.DictField(read_only=True, help_text="the kernel's environment variables and their digest")
    network = serializers.SerializerMethodField()
    data = serializers.SerializerMethodField()  # type: ignore[assignment]  # a field of that name
    written = serializers.DictField(read_only=True, help_text="files of its copy of the repository that the run wrote")
    repetitions = serializers.DictField(
        read_only=True, help_text="how each run of the notebook ended, where it was run more than once"
    )
    comparison = serializers.SerializerMethodField()
    was_derived_from = serializers.DictField(
        read_only=True, allow_null=True, help_text="of a run on other data: dataset, files, target, notebook, commit"
    )
    crate = serializers.SerializerMethodField(help_text="address of the run as an RO-Crate (ZIP); null for none")

    class Meta(RunSerializer.Meta):
        of_detail: tuple[str, ...] = (
            *("environment", "sandbox", "machine", "variables", "network", "data", "written"),
            *("repetitions", "comparison", "was_derived_from", "crate"),
        )
        fields = (*RunSerializer.Meta.fields, *of_detail)
        read_only_fields = fields

    @extend_schema_field(
        serializers.DictField(
            allow_null=True, help_text="what was fetched and refused while it ran, the first 100 of each; null for none"
        )
    )
    def get_network(self, run: Run) -> dict[str, Any] | None:  # Any: JSON as it was kept
        network: dict[str, Any] | None = run.network
        return network

    @extend_schema_field(
        serializers.ListField(child=serializers.DictField(), help_text="what was shown of which dataset, how checked")
    )
    def get_data(self, run: Run) -> list[dict[str, Any]]:  # Any: JSON as it was kept
        data: list[dict[str, Any]] = run.data
        return data

    @extend_schema_field(serializers.DictField(allow_null=True, help_text="the cells, compared output by output"))
    def get_comparison(self, run: Run) -> dict[str, Any] | None:  # Any: JSON as it was kept
        comparison: dict[str, Any] | None = run.comparison
        return comparison

    def get_crate(self, run: Run) -> str | None:
        return f"{settings.REPRISE_URL}{reverse('run-crate', args=[run.pk])}" if has_crate(run) else None


class EventSerializer(serializers.Serializer[dict[str, Any]]):
    """One line of a run's story."""

    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    text = serializers.CharField()


class StorySerializer(serializers.Serializer[dict[str, Any]]):
    """Events after a number. Ask again with `after` set to `last` until `is_active` is false and none come."""

    state = serializers.CharField()
    is_active = serializers.BooleanField()
    last = serializers.IntegerField()
    events = EventSerializer(many=True)


class ArtefactSerializer(serializers.Serializer[dict[str, Any]]):
    """A file of the evidence, named by its content."""

    name = serializers.CharField()
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()
    media_type = serializers.CharField()
    url = serializers.URLField()


class RunFilter(ApiFilter):
    """By target, publication, facility, state and verdict."""

    target = KeyFilter(field_name="target")
    doi = django_filters.CharFilter(method="by_doi", label="DOI of the publication")
    facility = django_filters.CharFilter(field_name="target__publication__facility__slug", label="slug of a facility")
    technique = UsedTechniqueFilter("target__publication", label="id of a technique; narrower ones are found too")
    state = django_filters.ChoiceFilter(choices=Run.State.choices)
    verdict = django_filters.ChoiceFilter(
        method="by_verdict", choices=[(word, word) for word in (*VERDICT_WORDS, NOT_YET)], label="verdict, or none"
    )
    as_of = django_filters.ChoiceFilter(choices=AsOf.choices)
    environment = KeyFilter(field_name="environment")
    since = SinceFilter("requested_at", "requested since")

    def by_doi(self, found: QuerySet[Run], _name: str, value: str) -> QuerySet[Run]:
        return found.filter(target__publication__doi=normal_doi(value))

    def by_verdict(self, found: QuerySet[Run], _name: str, value: str) -> QuerySet[Run]:
        return found.filter(verdict__isnull=True) if value == NOT_YET else found.filter(verdict=value)


@extend_schema_view(
    list=extend_schema(summary="List runs"),
    retrieve=extend_schema(summary="Show a run", responses=RunDetailSerializer),
)
class RunViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Executions of targets that the viewer may see, newest first."""

    queryset = Run.objects.all()
    serializer_class = RunSerializer
    filterset_class = RunFilter
    lookup_value_regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    ordering_fields = ("requested_at", "ended_at", "run_s")
    token_scopes: ClassVar = {"cancel": ApiToken.Scope.RUN}

    def get_queryset(self) -> RunQuerySet:
        visible = Run.objects.visible_to(viewer_of(self.request))
        found = visible.select_related("target__publication", "snapshot", "environment", "dataset")
        large = (
            "comparison",
            "data",
            "written",
            "repetitions",
            "environment__packages",
            "environment__recipe",
            "environment__companion",
        )
        return found.defer(*large) if self.action == "list" else found

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return RunDetailSerializer if self.action == "retrieve" else RunSerializer

    @extend_schema(summary="Cancel a run", request=None, responses={202: RunSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **_: str) -> Response:
        """End a run: at once while it waits, within seconds while it runs. One that is over stays as it is."""
        run: Run = self.get_object()
        if not may_cancel(run, viewer_of(request)):
            refuse("Only who asked for the run, the author of the publication and curators may cancel it.")
        cancel_run(run, by=actor_of(request))
        location = rest_reverse("api-run-detail", args=[run.pk], request=request)
        answer = self.get_serializer(self.get_object()).data
        return Response(answer, status=status.HTTP_202_ACCEPTED, headers={"Location": location})

    @extend_schema(
        summary="Follow a run",
        parameters=[_AFTER],
        responses=StorySerializer,
        filters=False,
    )
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def events(self, request: Request, **_: str) -> Response:
        """Return the run's story after an event, at most 500 lines at a time."""
        run: Run = self.get_object()
        after = count_of(request, "after") or 0
        events = [event.as_dict() for event in run.events.filter(seq__gt=after).order_by("seq")[:MOST_EVENTS]]
        last = events[-1]["seq"] if events else after
        return Response({"state": run.state, "is_active": run.is_active, "last": last, "events": events})

    @extend_schema(summary="List the evidence", responses=ArtefactSerializer(many=True))
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def artefacts(self, _request: Request, **_: str) -> Response:
        """Return the files that the verdict rests on, with their digests."""
        run: Run = self.get_object()
        kept = sorted(run.artefacts.items())
        return Response([{"name": name, **about, "url": _address(run, name)} for name, about in kept])

    @extend_schema(summary="Show the statement", responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def statement(self, _request: Request, **_: str) -> Response:
        """Return the public statement of the verdict, as docs/schemas/reproduction.schema.json describes it."""
        run: Run = self.get_object()
        kept = run.artefacts.get(STATEMENT)
        if kept is None:
            raise Http404
        with artefact_store().open(kept["sha256"]) as stream:
            return Response(json.load(stream))


def _address(run: Run, name: str) -> str:
    return f"{settings.REPRISE_URL}{reverse('artefact', args=[run.pk, name])}"
