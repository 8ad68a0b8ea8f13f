"""Links for blind review in the API: what a reviewer would learn, and the links, issued, listed and revoked."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from catalog.api import ApiViewSet, refuse, viewer_of
from catalog.api_bodies import BodySerializer
from catalog.audit import actor_of
from catalog.models import Publication, ReviewLink
from catalog.review_links import revoke_link
from reproduce.access import asker
from reproduce.review.issuing import issue_after
from reproduce.review.looking import MOST_FURTHER_SIGNS, Look, look_through

_MOST_FURTHER: Final = 200


class FindingSerializer(serializers.Serializer[Any]):
    """Something that was found at a place, with words around it."""

    place = serializers.CharField()
    kind = serializers.CharField()
    count = serializers.IntegerField()
    excerpt = serializers.CharField()


class LookSerializer(serializers.Serializer[Look]):
    """What a reviewer would learn. While `left` holds anything no link is issued."""

    left = FindingSerializer(source="scan.left", many=True, help_text="names that stay after masking")
    to_mend = FindingSerializer(source="scan.to_mend", many=True, help_text="what may tell who the authors are")
    masked = FindingSerializer(source="scan.masked", many=True, help_text="what is masked by itself")
    pictures = serializers.IntegerField(help_text="how many there are, whose words nobody read")
    files = serializers.ListField(
        child=serializers.CharField(), help_text="what the masked notebook names otherwise than the repository"
    )
    stays = serializers.ListField(child=serializers.CharField(), help_text="words of code that stay")
    hidden = serializers.ListField(
        child=serializers.CharField(), help_text="what is not shown, for it cannot be masked"
    )
    to_look_at = serializers.IntegerField(
        source="count_to_mend", help_text="how much of it has to be looked at before a link is issued"
    )


class ReviewLinkSerializer(serializers.ModelSerializer[ReviewLink]):
    """What is kept of a link: never the link itself."""

    issued_by = serializers.CharField(source="issued_by.username", read_only=True, allow_null=True)
    is_good = serializers.SerializerMethodField(help_text="whether it opens anything now")

    class Meta:
        model = ReviewLink
        fields = ("id", "name", "issued_by", "created_at", "expires_at", "last_used_at", "revoked_at", "is_good")
        read_only_fields = fields

    def get_is_good(self, link: ReviewLink) -> bool:
        return link.is_good_at(timezone.now())


class IssuedLinkSerializer(serializers.Serializer[dict[str, Any]]):
    """A new link. Its address is told this once; whoever has it can use it."""

    address = serializers.CharField()
    link = ReviewLinkSerializer()
    found = LookSerializer()


class FurtherWordsSerializer(BodySerializer):
    """What is to be masked beside what is known."""

    further = serializers.ListField(child=serializers.CharField(max_length=200), default=list, max_length=_MOST_FURTHER)

    def validate_further(self, value: list[str]) -> list[str]:
        """Refuse more than the page takes."""
        if sum(len(word) + 1 for word in value) > MOST_FURTHER_SIGNS:
            raise serializers.ValidationError(f"These are more than {MOST_FURTHER_SIGNS} signs together.")
        return value


class NewReviewLinkSerializer(FurtherWordsSerializer):
    """Whom a link is for, how long it lasts, what else is masked, and whether what the scan found was looked at."""

    name = serializers.CharField(max_length=100)
    days = serializers.IntegerField(min_value=1)
    is_looked_at = serializers.BooleanField(default=False)


@extend_schema_view(
    list=extend_schema(summary="List review links"), retrieve=extend_schema(summary="Show a review link")
)
class ReviewLinkViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """The links to one publication, for who may edit it."""

    queryset = ReviewLink.objects.all()
    serializer_class = ReviewLinkSerializer
    permission_classes = [IsAuthenticated]
    ordering_fields = ("created_at", "expires_at")

    def get_queryset(self) -> QuerySet[ReviewLink]:
        return self._publication().review_links.select_related("issued_by", "publication")

    @extend_schema(
        summary="Issue a review link", request=NewReviewLinkSerializer, responses={201: IssuedLinkSerializer}
    )
    def create(self, request: Request, **_: str) -> Response:
        """Look through everything that a reviewer would meet, and issue a link where no name stays in it."""
        publication = self._publication()
        form = NewReviewLinkSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        look = look_through(publication, further=form.validated_data["further"])
        link, address = issue_after(
            look,
            publication,
            **form.validated_data,
            now=timezone.now(),
            issued_by=asker(request.user),
            by=actor_of(request),
        )
        location = reverse("api-review-link-detail", args=[publication.pk, link.pk], request=request)
        answer = IssuedLinkSerializer({"address": address, "link": link, "found": look}).data
        headers = {"Location": location, "Cache-Control": "no-store"}
        return Response(answer, status=status.HTTP_201_CREATED, headers=headers)

    @extend_schema(summary="Scan for leaks", request=FurtherWordsSerializer, responses=LookSerializer)
    @action(detail=False, methods=["post"])
    def scan(self, request: Request, **_: str) -> Response:
        """Tell what a reviewer would learn, and issue nothing."""
        publication = self._publication()
        form = FurtherWordsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(LookSerializer(look_through(publication, further=form.validated_data["further"])).data)

    @extend_schema(summary="Revoke a review link", responses={204: None})
    def destroy(self, request: Request, **_: str) -> Response:
        """End the link at once; it stays in the list. Safe to repeat."""
        link: ReviewLink = self.get_object()
        revoke_link(link, now=timezone.now(), by=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _publication(self) -> Publication:
        viewer = viewer_of(self.request)
        publication = get_object_or_404(Publication.objects.visible_to(viewer), pk=self.kwargs["publication"])
        if not publication.is_editable_by(viewer):
            refuse("Only its author and curators may have it reviewed.")
        return publication
