"""The audit log in the API."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import IsAuthenticated

from catalog.api import ApiFilter, ApiViewSet, SinceFilter, normal_doi, viewer_of
from catalog.audit import ACTIONS
from catalog.models import AuditEntry


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    """Who did what to what, when, and by which way in."""

    via = serializers.CharField(read_only=True, help_text="page, api, token, review or service")
    via_id = serializers.IntegerField(read_only=True, allow_null=True, help_text="number of the token or review link")
    account = serializers.CharField(read_only=True, help_text="name of the account; empty for none")
    details = serializers.DictField(read_only=True)

    class Meta:
        model = AuditEntry
        fields = ("id", "at", "action", "account", "via", "via_id", "subject", "doi", "details")
        read_only_fields = fields


class AuditFilter(ApiFilter):
    """By publication, action and time."""

    doi = django_filters.CharFilter(method="by_doi", label="DOI of a publication")
    action = django_filters.ChoiceFilter(choices=[(action, action) for action in ACTIONS])
    since = SinceFilter("at", "done since")

    def by_doi(self, found: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        return found.filter(doi=normal_doi(value))


@extend_schema_view(
    list=extend_schema(summary="List the audit log"), retrieve=extend_schema(summary="Show an entry of the audit log")
)
class AuditViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """What was done to the publications that the account may edit, and what it did itself; a curator sees all."""

    queryset = AuditEntry.objects.all()
    serializer_class = AuditSerializer
    filterset_class = AuditFilter
    permission_classes = [IsAuthenticated]
    ordering_fields = ("at",)

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.visible_to(viewer_of(self.request))
