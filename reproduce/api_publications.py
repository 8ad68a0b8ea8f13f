"""Publications in the API: register, edit, publish."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from builder.proposed_registration import propose_registration
from builder.queue import request_snapshot
from builder.sources import check_address
from catalog.access import with_contents
from catalog.api import ApiViewSet, refuse, viewer_of
from catalog.api_publications import (
    EmbargoSerializer,
    MetadataSerializer,
    PublicationFilter,
    PublicationSerializer,
    RegistrationSerializer,
)
from catalog.audit import actor_of
from catalog.looking_up import look_up, with_datasets
from catalog.models import Publication, PublicationQuerySet
from catalog.publishing import embargo, publish, withdraw
from catalog.queue import request_look_ups
from catalog.registration import edit_publication, register
from catalog.roles import may_register
from reproduce.api_proposals import ProposalSerializer, ReferenceSerializer


@extend_schema_view(
    list=extend_schema(summary="List publications"), retrieve=extend_schema(summary="Show a publication")
)
class PublicationViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Papers with a DOI. Drafts are shown to their owner, its groups and curators alone."""

    queryset = Publication.objects.all()
    serializer_class = PublicationSerializer
    filterset_class = PublicationFilter
    ordering_fields = ("created_at", "updated_at", "published_on", "title")

    def get_queryset(self) -> PublicationQuerySet:
        visible = Publication.objects.visible_to(viewer_of(self.request))
        viewer = viewer_of(self.request)
        fetched = visible.with_cards().prefetch_related("datasets", "instruments__facility")
        return with_contents(fetched, viewer)

    @extend_schema(
        summary="Register a publication", request=RegistrationSerializer, responses={201: PublicationSerializer}
    )
    def create(self, request: Request) -> Response:
        """Register a paper and the repository with its notebooks as a draft, and fetch the repository."""
        owner = _author(request)
        form = RegistrationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        typed = form.validated_data
        check_address(typed["source_url"], typed["ref"])
        facts = form.facts() or look_up(typed["doi"])
        if "datasets" in typed:
            facts = with_datasets(facts, typed["datasets"])
        publication = register(
            doi=typed["doi"],
            source_url=typed["source_url"],
            ref=typed["ref"],
            owner=owner,
            facts=facts,
            facility=typed.get("facility"),
            by=actor_of(request),
        )
        if form.says_more:
            edit_publication(publication, **form.merged_into(publication))
        for repository in publication.repositories.all():
            request_snapshot(repository, by=actor_of(request))
        request_look_ups(publication)
        location = reverse("api-publication-detail", args=[publication.pk], request=request)
        return Response(
            self.get_serializer(publication).data, status=status.HTTP_201_CREATED, headers={"Location": location}
        )

    @extend_schema(summary="Propose a registration", request=ReferenceSerializer, responses=ProposalSerializer)
    @action(detail=False, methods=["post"])
    def propose(self, request: Request) -> Response:
        """Look up what belongs to a DOI or an address. Nothing is registered; send `registration` for that."""
        _author(request)
        form = ReferenceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(ProposalSerializer(propose_registration(**form.validated_data)).data)

    @extend_schema(summary="Edit the metadata", request=MetadataSerializer, responses=PublicationSerializer)
    def partial_update(self, request: Request, **_: str) -> Response:
        """Change what was sent and leave the rest."""
        publication = self._editable()
        form = MetadataSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        edit_publication(publication, **form.merged_into(publication), by=actor_of(request))
        return Response(self.get_serializer(publication).data)

    @extend_schema(summary="Publish", request=None, responses=PublicationSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, **_: str) -> Response:
        """Make a draft, or what is embargoed, with at least one confirmed target public. Safe to repeat."""
        publication = self._editable()
        publish(publication, now=timezone.now(), by=actor_of(request))
        return Response(self.get_serializer(publication).data)

    @extend_schema(summary="Embargo", request=EmbargoSerializer, responses=PublicationSerializer)
    @action(detail=True, methods=["post"])
    def embargo(self, request: Request, **_: str) -> Response:
        """Show a draft's metadata to everybody and keep the rest back until a day, or change that day."""
        publication = self._editable()
        form = EmbargoSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        embargo(publication, until=form.validated_data["until"], now=timezone.now(), by=actor_of(request))
        return Response(self.get_serializer(publication).data)

    @extend_schema(summary="Withdraw", request=None, responses=PublicationSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **_: str) -> Response:
        """Make a publication a draft again. Safe to repeat."""
        publication = self._editable()
        withdraw(publication, now=timezone.now(), by=actor_of(request))
        return Response(self.get_serializer(publication).data)

    def _editable(self) -> Publication:
        publication: Publication = self.get_object()
        if not publication.is_editable_by(viewer_of(self.request)):
            refuse("Only its author and curators may change it.")
        return publication


def _author(request: Request) -> User:
    """Return the account that asks, which may register."""
    if not isinstance(request.user, User) or not may_register(request.user):
        refuse("Your account may read and reproduce, but not register. Ask the operator for the role of author.")
    return request.user
