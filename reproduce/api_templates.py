"""Templates in the API: offer a target's notebook; list those for a dataset, with what of each takes which file."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.analysis_templates import offer_as_template, read_endings, withdraw_template
from catalog.api import ApiViewSet, refuse, viewer_of
from catalog.api_bodies import BodySerializer
from catalog.api_datasets import DatasetViewSet
from catalog.api_descriptions import TechniquesField
from catalog.api_techniques import TechniqueSerializer
from catalog.audit import actor_of
from catalog.models import AnalysisTemplate, Dataset, Target
from reproduce.template_runs import Offer, offers_for
from reproduce.template_slots import Slot


class TemplateEditSerializer(BodySerializer):
    """For which data a notebook is offered."""

    techniques = TechniquesField(max_length=100, allow_empty=False, help_text="PaNET ids, or names of techniques")
    endings = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=20,
        default=list,
        help_text="of the files that it takes, such as .h5; as the published file's when empty",
    )


class TemplateSerializer(serializers.Serializer[Any]):
    """A target whose notebook is offered for data of these techniques and of narrower ones."""

    target = serializers.IntegerField(source="target_id")
    publication = serializers.CharField(source="target.publication.doi", help_text="DOI")
    label = serializers.CharField(source="target.label")  # type: ignore[assignment]  # a field of that name
    notebook = serializers.CharField(source="target.notebook")
    techniques = TechniqueSerializer(many=True)
    endings = serializers.ListField(child=serializers.CharField())


class SlotSerializer(serializers.Serializer[Any]):
    """A place that takes a file of the dataset, or all of it."""

    name = serializers.CharField(help_text="of a parameter, or a place of data; under it the file is sent")
    published = serializers.CharField(help_text="what its author put there")
    endings = serializers.ListField(
        child=serializers.CharField(), help_text="of the files that it takes; any when empty"
    )
    takes_all = serializers.BooleanField(help_text="it takes all of the dataset; send any text for it")
    files = serializers.ListField(child=serializers.CharField(), help_text="those of the dataset that fit")


class OfferSerializer(TemplateSerializer):
    """A template at a dataset. With `derive` of the target, its DOI and `files` by the names of `slots` it is run."""

    slots = SlotSerializer(many=True)
    page = serializers.CharField(help_text="address for people")


class TemplateActions(ApiViewSet):
    """That a target's notebook is offered for other data."""

    @extend_schema(
        summary="Offer a target's notebook as a template",
        request=TemplateEditSerializer,
        responses={200: TemplateSerializer},
    )
    @action(detail=True, methods=["put"])
    def template(self, request: Request, **_: str) -> Response:
        """Offer it at data of these techniques and of narrower ones, or change at which."""
        target = self._own_target(request)
        form = TemplateEditSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        template = offer_as_template(
            target, techniques=said["techniques"], endings=read_endings(said["endings"]), by=actor_of(request)
        )
        return Response(TemplateSerializer(template).data)

    @extend_schema(summary="Offer a target's notebook no longer", responses={204: OpenApiResponse()})
    @template.mapping.delete
    def withdraw_template(self, request: Request, **_: str) -> Response:
        """Runs that were made of it stay."""
        withdraw_template(self._own_target(request), by=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _own_target(self, request: Request) -> Target:
        target: Target = self.get_object()
        if not target.publication.is_editable_by(viewer_of(request)):
            refuse("Only the author of the publication and curators may offer its notebooks.")
        return target


class DatasetTemplatesViewSet(DatasetViewSet):
    """Datasets, with the templates that suit them."""

    @extend_schema(summary="List the templates for a dataset", responses=OfferSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def templates(self, request: Request, **_: str) -> Response:
        """Those of the dataset's techniques and of broader ones, with what of each takes which file; at most 100."""
        dataset: Dataset = self.get_object()
        return Response([_offered(offer) for offer in offers_for(viewer_of(request), dataset)])


def _offered(offer: Offer) -> dict[str, Any]:
    template: AnalysisTemplate = offer.template
    return {
        **TemplateSerializer(template).data,
        "slots": [_slot(offer, slot) for slot in offer.slots],
        "page": f"{settings.REPRISE_URL}{offer.get_absolute_url()}",
    }


def _slot(offer: Offer, slot: Slot) -> dict[str, Any]:
    told = {name: getattr(slot, name) for name in ("name", "published", "takes_all")}
    return {**told, "endings": list(slot.endings), "files": list(offer.fitting(slot))}
