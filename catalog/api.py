"""What all resources of the API share: how a request is read, who asks, and in which order lists come."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any, Final, NoReturn

import django_filters
from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django_filters import IsoDateTimeFilter
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import MethodNotAllowed, ParseError, PermissionDenied, ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from catalog.causes import CausedError
from catalog.identifiers import parse_doi

MOST_BODY_BYTES: Final = 1 << 20
_KEY: Final = re.compile("-?[0-9]+")
_KEY_DIGITS: Final = 19
_LARGEST_KEY: Final = 2**63 - 1


class BoundedJSONParser(BaseParser):
    """Reads a body of JSON in UTF-8 of at most 1 MB. What is too long, too deep or not JSON is refused."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], _media_type: str | None = None, _context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:  # Any: JSON
        """Return the object in the body. Raises ParseError; the body's top level must be an object."""
        raw = stream.read(MOST_BODY_BYTES + 1)
        if len(raw) > MOST_BODY_BYTES:
            raise ParseError(f"The body is larger than {MOST_BODY_BYTES} bytes.")
        try:
            parsed = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise ParseError("The body is not JSON in UTF-8.") from None
        if not isinstance(parsed, dict):
            raise ParseError("The body must be a JSON object.")
        return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class OwnMethods(APIView):
    """Answers a method that it has not with 405 to everybody, before it asks who they are."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - REST framework's own
        """Raise MethodNotAllowed for such a method, and otherwise what is wrong with who asks."""
        if not hasattr(self, str(request.method).lower()):
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)


class ApiViewSet(OwnMethods, GenericViewSet[Any]):  # Any: each resource names its model by its queryset
    """A resource: reads JSON, filters by its `filterset_class`, orders by its `ordering_fields` alone."""

    parser_classes = [BoundedJSONParser]
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    ordering_fields: tuple[str, ...] = ()


class MomentField(IsoDateTimeField):
    """A time that exists in UTC: the first and last day of the calendar do not everywhere."""

    def to_python(self, value: Any) -> datetime | None:  # noqa: ANN401 - Django's own signature
        """Return the time in UTC."""
        moment: datetime | None = super().to_python(value)
        try:
            return moment.astimezone(UTC) if moment is not None else None
        except OverflowError:
            raise forms.ValidationError("This time is out of range.") from None


class SinceFilter(IsoDateTimeFilter):
    """From a time on."""

    field_class = MomentField

    def __init__(self, field_name: str, label: str) -> None:
        super().__init__(field_name=field_name, lookup_expr="gte", label=label)


class KeyField(forms.CharField):
    """The number of a row."""

    def to_python(self, value: Any) -> Any:  # noqa: ANN401 - Django's own signature
        """Return the number, None for nothing. One that no database takes becomes one that no row has."""
        text = super().to_python(value)
        if not text:
            return None
        if not _KEY.fullmatch(text):
            raise forms.ValidationError("This is not the number of anything.")
        return int(text) if len(text) < _KEY_DIGITS else _LARGEST_KEY


@extend_schema_field(OpenApiTypes.INT)
class KeyFilter(django_filters.Filter):
    """By the number of a row."""

    field_class = KeyField


class ApiFilter(FilterSet):
    """Filters of a resource, which know who asks."""

    @property
    def viewer(self) -> User | AnonymousUser:
        """Return who asks; nobody while the schema is made."""
        return self.request.user if self.request is not None else AnonymousUser()


def viewer_of(request: Request) -> User | AnonymousUser:
    """Return who asks."""
    return request.user


def refuse(sentence: str) -> NoReturn:
    """End the request with 403 and the reason."""
    raise PermissionDenied(sentence)


def normal_doi(text: str) -> str:
    """Return the DOI in a query parameter in its normal form; one that is none stays as it is and finds nothing."""
    try:
        return parse_doi(text)
    except CausedError:
        return text


def check_finite(value: float) -> None:
    """Refuse NaN and infinities: they are numbers to Python, but neither tolerances nor JSON."""
    if not math.isfinite(value):
        raise ValidationError("This is not a finite number.")
