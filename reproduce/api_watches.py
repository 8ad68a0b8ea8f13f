"""Watches in the API."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from catalog.api import ApiFilter, ApiViewSet, KeyFilter, normal_doi, refuse, viewer_of
from catalog.api_bodies import BodySerializer
from catalog.audit import actor_of
from catalog.models import Target
from reproduce.models import Watch, WatchQuerySet
from reproduce.watches import unwatch, watch

REFUSAL = "Only the author of the publication and curators may watch its targets."


class WatchSerializer(serializers.ModelSerializer[Watch]):
    """A schedule under which a target is re-run."""

    publication = serializers.CharField(source="target.publication.doi", read_only=True, help_text="DOI")

    class Meta:
        model = Watch
        fields = ("id", "target", "publication", "every_days", "is_active", "next_at", "last_run")
        read_only_fields = fields


class WatchRequestSerializer(BodySerializer):
    """Which target to watch, and how often."""

    target = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    every_days = serializers.IntegerField(min_value=1, max_value=366, default=30)


class WatchFilter(ApiFilter):
    """By target and publication."""

    target = KeyFilter(field_name="target")
    doi = django_filters.CharFilter(method="by_doi", label="DOI of the publication")

    def by_doi(self, found: QuerySet[Watch], _name: str, value: str) -> QuerySet[Watch]:
        return found.filter(target__publication__doi=normal_doi(value))


@extend_schema_view(list=extend_schema(summary="List watches"), retrieve=extend_schema(summary="Show a watch"))
class WatchViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Schedules on targets that the viewer may see."""

    queryset = Watch.objects.all()
    serializer_class = WatchSerializer
    filterset_class = WatchFilter
    ordering_fields = ("next_at",)

    def get_queryset(self) -> WatchQuerySet:
        visible = Watch.objects.visible_to(viewer_of(self.request))
        return visible.select_related("target__publication").order_by("pk")

    @extend_schema(summary="Watch a target", request=WatchRequestSerializer, responses={201: WatchSerializer})
    def create(self, request: Request) -> Response:
        """Re-run a target every so many days from now on; a second request changes how often."""
        form = WatchRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        visible = Target.objects.visible_to(viewer_of(request)).select_related("publication")
        target = visible.filter(pk=form.validated_data["target"]).first()
        if target is None:
            raise serializers.ValidationError({"target": ["There is no such target."]})
        if not target.publication.is_editable_by(viewer_of(request)):
            refuse(REFUSAL)
        watching = watch(target, every_days=form.validated_data["every_days"], by=actor_of(request))
        location = reverse("api-watch-detail", args=[watching.pk], request=request)
        answer = self.get_serializer(watching).data
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(summary="End a watch", responses={204: None})
    def destroy(self, request: Request, **_: str) -> Response:
        """End the watch; its runs stay."""
        watching: Watch = self.get_object()
        if not watching.target.publication.is_editable_by(viewer_of(request)):
            refuse(REFUSAL)
        unwatch(watching.target, by=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
