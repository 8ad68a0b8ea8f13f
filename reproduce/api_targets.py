"""Targets in the API: edit, reproduce, and try a repair."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle

from catalog.api import refuse, viewer_of
from catalog.api_bodies import BodySerializer
from catalog.api_targets import TargetEditSerializer, TargetFilter, TargetSerializer
from catalog.audit import actor_of
from catalog.models import ApiToken, AsOf, Target, TargetQuerySet
from catalog.registration import edit_target
from reproduce.access import AnonymousRunThrottle, asker, may_start
from reproduce.api import DecidedByView
from reproduce.api_derived import DerivedActions
from reproduce.api_runs import RunSerializer
from reproduce.api_templates import TemplateActions
from reproduce.models import Run
from reproduce.queue import request_repair, request_run


class ReproduceSerializer(BodySerializer):
    """As of which date; the repository's own choice if empty."""

    as_of = serializers.ChoiceField(choices=AsOf.choices, required=False, allow_blank=True, default="")


@extend_schema_view(list=extend_schema(summary="List targets"), retrieve=extend_schema(summary="Show a target"))
class TargetViewSet(ListModelMixin, RetrieveModelMixin, DerivedActions, TemplateActions):
    """Figures, tables, numbers and statements. Proposals are shown to whoever may edit them."""

    queryset = Target.objects.all()
    serializer_class = TargetSerializer
    filterset_class = TargetFilter
    ordering_fields = ("publication", "position", "label", "evidence__seen_at")
    token_scopes: ClassVar = {"reproduce": ApiToken.Scope.RUN, "derive": ApiToken.Scope.RUN}

    def get_queryset(self) -> TargetQuerySet:
        return Target.objects.visible_to(viewer_of(self.request)).select_related(
            "publication", "repository", "evidence"
        )

    @extend_schema(summary="Edit and confirm a target", request=TargetEditSerializer, responses=TargetSerializer)
    def partial_update(self, request: Request, **_: str) -> Response:
        """Change what was sent and confirm the target. A changed claim loses its evidence."""
        target: Target = self.get_object()
        if not target.publication.is_editable_by(viewer_of(request)):
            refuse("Only the author of the publication and curators may change its targets.")
        form = TargetEditSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        edit_target(target, draft=form.draft_for(target), by=actor_of(request))
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        summary="Reproduce a target",
        request=ReproduceSerializer,
        responses={202: OpenApiResponse(RunSerializer, "The run that was asked for; its address is in Location.")},
    )
    @action(
        detail=True,
        methods=["post"],
        permission_classes=[DecidedByView],
        throttle_classes=[UserRateThrottle, AnonymousRunThrottle],
    )
    def reproduce(self, request: Request, **_: str) -> Response:
        """Run the target's notebook again. One active run serves everybody who asks for the same target and date.

        As of another date than the repository's own it is a what-if, which leaves the evidence on record as it is.
        """
        target: Target = self.get_object()
        user = viewer_of(request)
        if not may_start(user):
            raise NotAuthenticated
        form = ReproduceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        as_of = form.validated_data["as_of"]
        run = request_run(target, reason=Run.Reason.API, requested_by=asker(user), as_of=as_of, by=actor_of(request))
        return self.asked(run)

    @extend_schema(
        summary="Try a repair of a target that failed",
        request=None,
        responses={202: OpenApiResponse(RunSerializer, "The run that tries it; its address is in Location.")},
    )
    @action(detail=True, methods=["post"])
    def repair(self, request: Request, **_: str) -> Response:
        """Try what could be declared so that the notebook runs, or join the trial that is under way.

        The evidence on record stays as it is. Where a repair worked, the run's artefacts hold `repair.patch`.
        """
        target: Target = self.get_object()
        user = viewer_of(request)
        if not target.publication.is_editable_by(user):
            refuse("Only the author of the publication and curators may try a repair.")
        return self.asked(request_repair(target, requested_by=asker(user), by=actor_of(request)))
