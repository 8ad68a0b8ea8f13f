"""The token by which a program acts in an account's name."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from catalog.api import BoundedJSONParser


class PasswordSerializer(serializers.Serializer[dict[str, str]]):
    """An account and its password."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class TokenSerializer(serializers.Serializer[dict[str, str]]):
    """Send it with each request as `Authorization: Token …`."""

    token = serializers.CharField()


class GuessThrottle(SimpleRateThrottle):
    """Bounds the guesses of passwords from one address."""

    scope = "token"
    rate = "20/minute"

    def get_cache_key(self, request: Request, _view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class TokenView(APIView):
    """Obtain or revoke the account's token."""

    parser_classes = [BoundedJSONParser]

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
        """Return the account's token, made on first use."""
        form = PasswordSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user = authenticate(request, **form.validated_data)
        if not isinstance(user, User):
            raise AuthenticationFailed("No account has this name and password.")
        token, _ = Token.objects.get_or_create(user=user)
        return Response({"token": token.key}, headers={"Cache-Control": "no-store"})

    @extend_schema(summary="Revoke the token", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Revoke the account's token; programs that use it are locked out at once."""
        Token.objects.filter(user_id=request.user.pk or 0).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)
