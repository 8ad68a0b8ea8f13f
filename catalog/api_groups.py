"""Experiment groups in the API."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from catalog.api import ApiViewSet, normal_doi, refuse, viewer_of
from catalog.api_bodies import BodySerializer
from catalog.audit import actor_of
from catalog.groups import attach, detach, make_group, remove_member, set_member
from catalog.models import ExperimentGroup
from catalog.roles import may_register


class MemberSerializer(serializers.Serializer[Any]):
    """An account in a group."""

    username = serializers.CharField(source="user.username", max_length=150)
    is_manager = serializers.BooleanField(default=False)


class GroupSerializer(serializers.ModelSerializer[ExperimentGroup]):
    """Accounts that see and run what belongs to their experiment before it is public."""

    members = MemberSerializer(source="memberships", many=True, read_only=True)
    publications = serializers.SlugRelatedField[Any](slug_field="doi", many=True, read_only=True)
    datasets = serializers.SlugRelatedField[Any](slug_field="doi", many=True, read_only=True)

    class Meta:
        model = ExperimentGroup
        fields = ("id", "name", "members", "publications", "datasets", "created_at")
        read_only_fields = fields


class NewGroupSerializer(BodySerializer):
    """The name of a new group."""

    name = serializers.CharField(max_length=200)


class MemberChangeSerializer(BodySerializer):
    """Which account, and what it is to be."""

    username = serializers.CharField(max_length=150)
    is_manager = serializers.BooleanField(default=False)


class LeaverSerializer(BodySerializer):
    """Which account."""

    username = serializers.CharField(max_length=150)


class BelongsSerializer(BodySerializer):
    """Which publication or dataset."""

    doi = serializers.CharField(max_length=300)


@extend_schema_view(list=extend_schema(summary="List groups"), retrieve=extend_schema(summary="Show a group"))
class GroupViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """The experiment groups that the account is in; a curator sees all."""

    queryset = ExperimentGroup.objects.all()
    serializer_class = GroupSerializer
    ordering_fields = ("name", "created_at")

    def get_queryset(self) -> QuerySet[ExperimentGroup]:
        visible = ExperimentGroup.objects.visible_to(viewer_of(self.request))
        return visible.prefetch_related("memberships__user", "publications", "datasets")

    @extend_schema(summary="Make a group", request=NewGroupSerializer, responses={201: GroupSerializer})
    def create(self, request: Request) -> Response:
        """Make a group whose manager is the account. Authors and curators may."""
        user = request.user
        if not isinstance(user, User) or not may_register(user):
            refuse("Your account may not make groups. Ask the operator for the role of author.")
        form = NewGroupSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        group = make_group(name=form.validated_data["name"], manager=user, by=actor_of(request))
        location = reverse("api-group-detail", args=[group.pk], request=request)
        answer = self.get_serializer(group).data
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(summary="Add or change a member", request=MemberChangeSerializer, responses=GroupSerializer)
    @action(detail=True, methods=["post"], url_path="add-member")
    def add_member(self, request: Request, **_: str) -> Response:
        """Add an account to the group, or make it a manager or none."""
        group = self._managed()
        form = MemberChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        set_member(group, **form.validated_data, by=actor_of(request))
        return self._answer()

    @extend_schema(summary="Remove a member", request=LeaverSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="remove-member")
    def remove_member(self, request: Request, **_: str) -> Response:
        """Take an account out of the group. Each may leave; managers take out others."""
        form = LeaverSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        username = form.validated_data["username"]
        group: ExperimentGroup = self.get_object()
        if username != request.user.get_username() and not group.is_managed_by(viewer_of(request)):
            refuse("Only the managers of the group change it.")
        remove_member(group, username=username, by=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Give to the group", request=BelongsSerializer, responses=GroupSerializer)
    @action(detail=True, methods=["post"])
    def attach(self, request: Request, **_: str) -> Response:
        """Have a publication or a dataset belong to the group."""
        group = self._managed()
        form = BelongsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        doi = normal_doi(form.validated_data["doi"])
        attach(group, doi=doi, viewer=viewer_of(request), by=actor_of(request))
        return self._answer()

    @extend_schema(summary="Take from the group", request=BelongsSerializer, responses=GroupSerializer)
    @action(detail=True, methods=["post"])
    def detach(self, request: Request, **_: str) -> Response:
        """Have a publication or a dataset belong to the group no more."""
        group = self._managed()
        form = BelongsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        detach(group, doi=normal_doi(form.validated_data["doi"]), by=actor_of(request))
        return self._answer()

    def _managed(self) -> ExperimentGroup:
        group: ExperimentGroup = self.get_object()
        if not group.is_managed_by(viewer_of(self.request)):
            refuse("Only the managers of the group change it.")
        return group

    def _answer(self) -> Response:
        return Response(self.get_serializer(self.get_object()).data)
