"""Tokens in the API: by password or with a token of the account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from catalog.api import ApiViewSet, BoundedJSONParser, OwnMethods, viewer_of
from catalog.api_bodies import BodySerializer
from catalog.audit import Actor, Via, actor_of
from catalog.models import ApiToken
from catalog.tokens import make_token, revoke_token


class PasswordSerializer(BodySerializer):
    """An account and its password; if wanted the name of the token, what it may do and for how long."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    name = serializers.CharField(max_length=100, default="by password")
    scopes = serializers.MultipleChoiceField(
        choices=ApiToken.Scope.choices, default=set(ApiToken.Scope.values), allow_empty=False
    )
    days = serializers.IntegerField(min_value=1, max_value=36500, required=False)


class TokenSerializer(serializers.Serializer[dict[str, Any]]):
    """Send it with each request as `Authorization: Token …`. It is told this once."""

    token = serializers.CharField()
    id = serializers.IntegerField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()


class GuessThrottle(SimpleRateThrottle):
    """Bounds the guesses of passwords from one address."""

    scope = "token"
    rate = "20/minute"

    def get_cache_key(self, request: Request, _view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class TokenView(OwnMethods):
    """Obtain a token by password, or revoke the one that is sent."""

    parser_classes = [BoundedJSONParser]
    # Whatever a token may do, it may end itself.
    token_scopes = {"delete": ApiToken.Scope.READ}

    def get_authenticators(self) -> list[Any]:  # Any: REST framework's authenticators have no common type
        # A stale token in the header must not hinder getting a new one.
        is_post = self.request is not None and self.request.method == "POST"
        return [] if is_post else super().get_authenticators()

    def get_permissions(self) -> list[Any]:  # Any: as above
        return [AllowAny()] if self.request.method == "POST" else list(super().get_permissions())

    def get_throttles(self) -> list[Any]:  # Any: as above
        return [GuessThrottle()] if self.request.method == "POST" else super().get_throttles()

    @extend_schema(summary="Obtain a token", request=PasswordSerializer, responses=TokenSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Return a new token of the account."""
        form = PasswordSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        typed = form.validated_data
        user = authenticate(request, username=typed["username"], password=typed["password"])
        if not isinstance(user, User):
            raise AuthenticationFailed("No account has this name and password.")
        token, secret = make_token(
            user,
            name=typed["name"],
            scopes=sorted(typed["scopes"]),
            days=typed.get("days", settings.REPRISE_TOKEN_DAYS),
            now=timezone.now(),
            by=Actor(user.pk, user.get_username(), Via.API),
            is_by_password=True,
        )
        answer = {"token": secret, "id": token.pk, "scopes": token.scopes, "expires_at": token.expires_at}
        return Response(TokenSerializer(answer).data, headers={"Cache-Control": "no-store"})

    @extend_schema(summary="Revoke the token", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Revoke the token that is sent; without one, those that were obtained by password."""
        if isinstance(request.auth, ApiToken):
            ended = [request.auth]
        else:
            ended = list(ApiToken.objects.filter(user_id=request.user.pk or 0, is_by_password=True, revoked_at=None))
        for token in ended:
            revoke_token(token, now=timezone.now(), by=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TokenRowSerializer(serializers.ModelSerializer[ApiToken]):
    """What is kept of a token: never the token itself."""

    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ApiToken
        fields = ("id", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
        read_only_fields = fields


@extend_schema_view(list=extend_schema(summary="List tokens"), retrieve=extend_schema(summary="Show a token"))
class TokenViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """The account's own tokens."""

    queryset = ApiToken.objects.all()
    serializer_class = TokenRowSerializer
    permission_classes = [IsAuthenticated]
    ordering_fields = ("created_at", "expires_at")

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user_id=viewer_of(self.request).pk or 0)

    @extend_schema(summary="Revoke a token", responses={204: None})
    def destroy(self, request: Request, **_: str) -> Response:
        """End the token at once; it stays in the list."""
        token: ApiToken = self.get_object()
        revoke_token(token, now=timezone.now(), by=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
