"""Derived analyses in the API: what of a notebook can be set, and run it so."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.throttling import UserRateThrottle

from catalog.api import ApiViewSet, viewer_of
from catalog.api_bodies import BodySerializer
from catalog.audit import actor_of
from catalog.identifiers import parse_doi
from catalog.models import Target
from reproduce.access import AnonymousRunThrottle, asker, may_start
from reproduce.api import DecidedByView
from reproduce.api_runs import RunSerializer
from reproduce.derived import checked_values, parameters_of
from reproduce.models import Run
from reproduce.queue import request_derived
from reproduce.template_runs import offer_at, request_on_dataset


class ParameterSerializer(serializers.Serializer[dict[str, Any]]):
    """A name that can be set, its kind and the value that it has."""

    name = serializers.CharField()
    kind = serializers.CharField(help_text="boolean, integer, number, text or list")
    value = serializers.JSONField()
    comment = serializers.CharField(help_text="what the author wrote beside it")


class DeriveSerializer(BodySerializer):
    """The values to set, by name; those that are left out stay as they are. With a `dataset` it is run on that."""

    parameters = serializers.DictField(child=serializers.JSONField(), required=False, default=dict)
    dataset = serializers.CharField(
        max_length=300, required=False, help_text="DOI of a dataset that the target is offered for as a template"
    )
    files = serializers.DictField(
        child=serializers.CharField(max_length=500),
        required=False,
        default=dict,
        help_text="with a dataset: its files by the names of `slots` at `datasets/<id>/templates/`",
    )

    def validate_dataset(self, value: str) -> str:
        """Return the DOI in its normal form. Raises IdentifierError (doi-malformed)."""
        return parse_doi(value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "dataset" not in attrs and "parameters" not in self.initial_data:
            raise serializers.ValidationError({"parameters": ["Name the values to set, or a dataset."]})
        return attrs


class DerivedActions(ApiViewSet):
    """What a target's notebook can be run with otherwise."""

    def asked(self, run: Run) -> Response:
        """Answer with the run that was asked for, and where it is followed."""
        location = reverse("api-run-detail", args=[run.pk], request=self.request)
        answer = RunSerializer(run, context=self.get_serializer_context()).data
        return Response(answer, status=status.HTTP_202_ACCEPTED, headers={"Location": location})

    @extend_schema(
        summary="List the parameters of a target's notebook",
        responses=ParameterSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def parameters(self, _request: Request, **_: str) -> Response:
        """What the notebook assigns plainly and once, or in a cell tagged "parameters"."""
        target: Target = self.get_object()
        rows: Any = [asdict(one) for one in parameters_of(target)]
        return Response(ParameterSerializer(rows, many=True).data)

    @extend_schema(
        summary="Run a target's notebook with other values",
        request=DeriveSerializer,
        responses={202: OpenApiResponse(RunSerializer, "The run that was asked for; its address is in Location.")},
    )
    @action(
        detail=True,
        methods=["post"],
        permission_classes=[DecidedByView],
        throttle_classes=[UserRateThrottle, AnonymousRunThrottle],
    )
    def derive(self, request: Request, **_: str) -> Response:
        """A derived analysis: it leaves the evidence on record as it is, and has no verdict."""
        target: Target = self.get_object()
        user = viewer_of(request)
        if not may_start(user):
            raise NotAuthenticated
        form = DeriveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sent = form.validated_data
        who: dict[str, Any] = {"requested_by": asker(user), "by": actor_of(request)}
        if "dataset" in sent:
            offer = offer_at(user, sent["dataset"], target.pk)
            return self.asked(request_on_dataset(offer, files=sent["files"], parameters=sent["parameters"], **who))
        values = checked_values(parameters_of(target), sent["parameters"])
        return self.asked(request_derived(target, parameters=values, **who))
