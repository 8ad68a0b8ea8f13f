"""What the OpenAPI description says of every operation: how it refuses, and which headers come with its answers."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from rest_framework.permissions import SAFE_METHODS

Schema = dict[str, Any]  # Any: JSON

_TEXT: Final[Schema] = {"type": "string"}
# No database takes it in a text.
_NO_NULL: Final = "^[^\\u0000]*$"
_CAUSE: Final = "CauseRefusal"
_DETAIL: Final = "DetailRefusal"
_FIELDS: Final = "FieldsRefusal"
_REFUSALS: Final[dict[str, Schema]] = {
    _CAUSE: {
        "type": "object",
        "description": "A refusal with a reason of the domain; docs/causes.md lists the ids.",
        "properties": {
            "cause": {
                "type": "object",
                "properties": dict.fromkeys(("id", "fault", "message", "hint", "evidence"), _TEXT),
                "required": ["id", "fault", "message", "hint"],
            }
        },
        "required": ["cause"],
    },
    _DETAIL: {
        "type": "object",
        "description": "A refusal in one sentence.",
        "properties": {"detail": _TEXT},
        "required": ["detail"],
    },
    _FIELDS: {
        "type": "object",
        "description": "What is wrong with which field.",
        "additionalProperties": {"anyOf": [{"type": "array", "items": {}}, {"type": "object"}]},
        "minProperties": 1,
    },
}
_MEANINGS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "400": ("The request is not what it should be.", (_DETAIL, _CAUSE, _FIELDS)),
    "401": ("Log in, or send a token that is good.", (_DETAIL,)),
    "403": ("It is not yours to do, or the token has not the scope.", (_DETAIL, _CAUSE)),
    "404": ("It does not exist, or not for you.", (_DETAIL, _CAUSE)),
    "406": ("Answers are JSON alone.", (_DETAIL,)),
    "409": ("It exists already, or there is nothing to do that to.", (_CAUSE,)),
    "415": ("Bodies are JSON alone.", (_DETAIL,)),
    "422": ("The repository or the paper is the reason.", (_CAUSE,)),
    "429": ("Too many requests.", (_DETAIL, _CAUSE)),
    "502": ("A host beyond this service is the reason.", (_CAUSE,)),
    "503": ("How this service is set up is the reason.", (_CAUSE,)),
}
_HEADERS: Final[dict[str, dict[str, Schema]]] = {
    "201": {"Location": {"schema": {"type": "string", "format": "uri"}, "required": True}},
    "202": {"Location": {"schema": {"type": "string", "format": "uri"}, "required": True}},
    "401": {"WWW-Authenticate": {"schema": _TEXT, "required": True}},
    "429": {"Retry-After": {"schema": {"type": "integer", "minimum": 0}, "description": "seconds"}},
}


class DescribedSchema(AutoSchema):
    """Describes an operation as its view does, and beside it every refusal that it may answer with."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Schema | None:
        """Return the description of the operation; None where it is not to be described."""
        operation: Schema | None = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None:
            return None
        filters = getattr(getattr(self.view, "filterset_class", None), "base_filters", {})
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query" and not parameter.get("required"):
                # An empty filter is none.
                parameter["allowEmptyValue"] = True
            if parameter["name"] in filters and parameter["schema"] == _TEXT:
                parameter["schema"] = {**_TEXT, "pattern": _NO_NULL}
        responses = operation["responses"]
        for status in self._refusals(operation):
            meaning, forms = _MEANINGS[status]
            refs = [self._component(form) for form in forms]
            schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
            responses.setdefault(status, {"description": meaning, "content": {"application/json": {"schema": schema}}})
        for status, headers in _HEADERS.items():
            if status in responses:
                responses[status].setdefault("headers", headers)
        return operation

    def get_auth(self) -> list[Schema]:
        """Return how one may log in; not at all, where the view decides for itself who may."""
        ways: list[Schema] = super().get_auth()
        is_decided = any(getattr(one, "is_open", False) for one in self.view.get_permissions())
        return [*ways, {}] if is_decided and {} not in ways else ways

    def _refusals(self, operation: Schema) -> list[str]:
        found = ["400", "401", "403", "404", "406", "429"]
        if self.method not in SAFE_METHODS:
            found += ["409", "422", "502", "503"]
        if "requestBody" in operation:
            found += ["415"]
        return sorted(found)

    def _component(self, name: str) -> Schema:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]  # the package's own
            name=name, type=ResolvedComponent.SCHEMA, object=name, schema=_REFUSALS[name]
        )
        self.registry.register_on_missing(component)
        ref: Schema = component.ref
        return ref
