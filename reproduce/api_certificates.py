"""Certificates and their log in the API: what was issued, and the proofs that the log was only ever added to."""

from __future__ import annotations

import re
from typing import Any, Final

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import ApiFilter, ApiViewSet, KeyFilter, OwnMethods, SinceFilter, normal_doi, viewer_of
from catalog.counts import count_of
from reproduce.certificates.ladder import RUNGS, WORDS
from reproduce.issuing.ledger import log_size
from reproduce.issuing.proofs import consistency_between, inclusion_of, latest_head
from reproduce.models import Certificate, LogEntry, TreeHead

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_ENTRIES: Final = 100
_MOST_ENTRIES: Final = 1000


class CertificateSerializer(serializers.ModelSerializer[Certificate]):
    """A certificate as it is on record; the signed credential is at `credential`."""

    doi = serializers.CharField(read_only=True, help_text="DOI of the publication")
    number = serializers.IntegerField(read_only=True, help_text="place in the log and in the status lists")
    leaf = serializers.CharField(source="entry.leaf", read_only=True, help_text="hash of the entry in the log")
    rung = serializers.CharField(read_only=True, help_text=", ".join(RUNGS))
    verdict = serializers.CharField(read_only=True)
    superseded_by = serializers.UUIDField(source="superseded_by_id", read_only=True, allow_null=True)
    page = serializers.SerializerMethodField(help_text="address for people")
    credential = serializers.SerializerMethodField(help_text="the signed credential")
    package = serializers.SerializerMethodField(help_text="the credential with keys, proofs and status lists")

    class Meta:
        model = Certificate
        fields: tuple[str, ...] = (
            "id",
            "doi",
            "target",
            "run",
            "number",
            "leaf",
            "rung",
            "verdict",
            "issued_at",
            "valid_until",
            "revoked_at",
            "revoked_why",
            "superseded_by",
            "page",
            "credential",
            "package",
        )
        read_only_fields: tuple[str, ...] = fields

    def get_page(self, certificate: Certificate) -> str:
        return f"{settings.REPRISE_URL}{certificate.get_absolute_url()}"

    def get_credential(self, certificate: Certificate) -> str:
        return f"{self.get_page(certificate)}.json"

    def get_package(self, certificate: Certificate) -> str:
        return f"{self.get_page(certificate)}/package.json"


class CertificateFilter(ApiFilter):
    """By publication, target, run, rung and time."""

    doi = django_filters.CharFilter(method="by_doi", label="DOI of the publication")
    target = KeyFilter(field_name="target")
    run = django_filters.UUIDFilter()
    rung = django_filters.ChoiceFilter(choices=list(WORDS.items()))
    since = SinceFilter("issued_at", "issued since")

    def by_doi(self, found: QuerySet[Certificate], _name: str, value: str) -> QuerySet[Certificate]:
        return found.filter(doi=normal_doi(value))


@extend_schema_view(
    list=extend_schema(summary="List certificates"), retrieve=extend_schema(summary="Show a certificate")
)
class CertificateViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """Certificates of the publications that the viewer may see, newest first."""

    queryset = Certificate.objects.all()
    serializer_class = CertificateSerializer
    filterset_class = CertificateFilter
    lookup_value_regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    ordering_fields = ("issued_at", "valid_until")

    def get_queryset(self) -> QuerySet[Certificate]:
        return Certificate.objects.visible_to(viewer_of(self.request)).select_related("entry").defer("entry__document")


class HeadSerializer(serializers.Serializer[dict[str, Any]]):
    """A signed head: how many entries the log has, and the hash that all of them give (RFC 9162)."""

    type = serializers.CharField()
    log = serializers.CharField()
    issuer = serializers.CharField(help_text="DID")
    treeSize = serializers.IntegerField()
    rootHash = serializers.CharField()
    at = serializers.DateTimeField()
    proof = serializers.DictField(help_text="Data Integrity proof, eddsa-jcs-2022")


class InclusionSerializer(serializers.Serializer[dict[str, Any]]):
    """The proof that an entry is in the log."""

    type = serializers.CharField()
    leafIndex = serializers.IntegerField()
    treeSize = serializers.IntegerField()
    leafHash = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField())


class ConsistencySerializer(serializers.Serializer[dict[str, Any]]):
    """The proof that the log begins with what it was before."""

    type = serializers.CharField()
    earlierSize = serializers.IntegerField()
    treeSize = serializers.IntegerField()
    path = serializers.ListField(child=serializers.CharField())


class EntrySerializer(serializers.Serializer[dict[str, Any]]):
    """An entry of the log. Of a certificate the hash alone is public; what became of one is there in full."""

    number = serializers.IntegerField()
    kind = serializers.CharField(help_text="certificate or status")
    leaf = serializers.CharField()
    added_at = serializers.DateTimeField()
    document = serializers.DictField(allow_null=True)


class EntriesSerializer(serializers.Serializer[dict[str, Any]]):
    """A page of the log."""

    size = serializers.IntegerField(help_text="entries in the whole log")
    entries = EntrySerializer(many=True)


_COUNT: Final = {"type": "integer", "minimum": 0}
_SIZE: Final = OpenApiParameter("size", _COUNT, description="size of the log; its newest when not given")


class HeadView(OwnMethods):
    """The signed heads of the log."""

    @extend_schema(summary="Show a signed head of the log", parameters=[_SIZE], responses=HeadSerializer)
    def get(self, request: Request) -> Response:
        """Return the head of the size that is asked for, or the newest."""
        size = count_of(request, "size")
        head = latest_head() if size is None else TreeHead.objects.filter(size=size).first()
        if head is None:
            raise Http404("no such head")
        return Response(head.as_json())


class InclusionView(OwnMethods):
    """Proofs that an entry is in the log."""

    @extend_schema(
        summary="Prove that an entry is in the log",
        parameters=[OpenApiParameter("leaf", str, required=True, description="its hash, hexadecimal"), _SIZE],
        responses=InclusionSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the proof for the hash of an entry."""
        leaf = request.query_params.get("leaf", "").lower()
        size = count_of(request, "size")
        found = inclusion_of(leaf, size) if _HASH.fullmatch(leaf) else None
        if found is None:
            raise Http404("no such entry in a log of this size")
        return Response(found)


class ConsistencyView(OwnMethods):
    """Proofs that the log was only added to."""

    @extend_schema(
        summary="Prove that the log begins with what it was before",
        parameters=[OpenApiParameter("earlier", _COUNT, required=True, description="the earlier size"), _SIZE],
        responses=ConsistencySerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the proof between two sizes."""
        earlier, size = count_of(request, "earlier"), count_of(request, "size")
        if earlier is None:
            raise ValidationError({"earlier": ["This parameter is required."]})
        found = consistency_between(earlier, log_size() if size is None else size)
        if found is None:
            raise Http404("the log never had these sizes")
        return Response(found)


class EntriesView(OwnMethods):
    """The entries of the log, in order."""

    @extend_schema(
        summary="List entries of the log",
        parameters=[
            OpenApiParameter("start", _COUNT, description="number of the first; 0 when not given"),
            OpenApiParameter("limit", _COUNT, description=f"at most {_MOST_ENTRIES}; {_ENTRIES} when not given"),
        ],
        responses=EntriesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return entries from a number on."""
        start, limit = count_of(request, "start") or 0, count_of(request, "limit") or _ENTRIES
        rows = LogEntry.objects.filter(seq__gte=start).order_by("seq")[: min(limit, _MOST_ENTRIES)]
        entries = [
            {
                "number": row.seq,
                "kind": row.kind,
                "leaf": row.leaf,
                "added_at": row.added_at,
                "document": row.as_json() if row.kind == LogEntry.Kind.STATUS else None,
            }
            for row in rows
        ]
        return Response(EntriesSerializer({"size": log_size(), "entries": entries}).data)
