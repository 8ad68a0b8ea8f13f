"""What is sent to the API: JSON whose types are those that the description names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

# REST framework would make a text of a number, a number of a text, and true of "yes".
_TYPES: Final[tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...]], ...]] = (
    (serializers.CharField, (str,)),
    (serializers.ChoiceField, (str,)),
    (serializers.BooleanField, (bool,)),
    (serializers.IntegerField, (int,)),
    (serializers.FloatField, (int, float)),
)


class BodySerializer(serializers.Serializer[Any]):
    """A body, or an object in one: a number is no text, a text no number, and 1 is not true."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - JSON
        """Return what the fields make of it. Raises ValidationError, also for a value of another type."""
        if isinstance(data, Mapping):
            wrong = [name for name, field in self.fields.items() if name in data and not _fits(field, data[name])]
            if wrong:
                raise ValidationError({name: ["This is of another type than its description says."] for name in wrong})
        return super().to_internal_value(data)


def _fits(field: object, value: object) -> bool:
    """Tell whether a JSON value is of the type that a field is described with; null is for the field to judge."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return all(_fits(field.child, one) for one in value)
    if value is None:
        return True
    if isinstance(field, serializers.MultipleChoiceField):
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    wanted = next((types for kind, types in _TYPES if isinstance(field, kind)), None)
    return wanted is None or (isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool)))
