"""The profile for EOSC, valid by its official schemas with their two defects mended."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from catalog.exposure.eosc import Operator
from config.env import Environment
from config.operator_settings import read_operator_settings
from tests.catalog.exposure.validators import SCHEMAS

OPERATOR = Operator(
    name="European Synchrotron Radiation Facility",
    identifier="https://ror.org/02550n020",
    abbreviation="ESRF",
    website="https://www.esrf.eu",
    country="FR",
    description="A synchrotron.",
    logo="https://www.esrf.eu/logo.svg",
    node="https://node.example.org",
    since="2026-05-01",
    readiness="trl-7",
)


def _registry() -> Registry:
    """Read the schemas: a brace that is missing is put in, and no part refuses what another part knows.

    What all parts of a schema know together is in its `$comment`; nothing else may be said.
    """
    found: dict[str, Any] = {}
    for path in sorted((SCHEMAS / "eosc").glob("*.json")):
        text = path.read_text(encoding="utf-8")
        if path.name == "service.schema.json":
            before, last, after = text.rpartition('"required"')
            text = before.rstrip().removesuffix("},") + "} }," + last + after
        schema = json.loads(text)
        found[schema["$id"]] = schema
    for name, schema in found.items():
        schema["$comment"] = sorted(_properties(name, found))
    for schema in found.values():
        for part in (schema, *schema.get("allOf", ())):
            part.pop("additionalProperties", None)
    return Registry().with_resources((name, DRAFT202012.create_resource(one)) for name, one in found.items())


def _properties(name: str, found: dict[str, Any]) -> list[str]:
    schema = found[name]
    own = list(schema.get("properties", ()))
    for part in schema.get("allOf", ()):
        own += _properties(part["$ref"], found) if "$ref" in part else list(part["properties"])
    return own


def _assert_valid(name: str, document: dict[str, Any]) -> None:
    registry = _registry()
    schema = registry.contents(name)
    Draft202012Validator(schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        document
    )
    assert set(document) <= set(schema["$comment"])


@pytest.fixture
def _operator(settings: object) -> None:
    settings.REPRISE_OPERATOR = OPERATOR
    settings.REPRISE_URL = "https://reprise.example.org"
    settings.REPRISE_CONTACT = "help@example.org"


@pytest.mark.usefixtures("_operator")
def test_the_profile_is_valid_and_the_same_by_command_and_by_address(anonymous: Client) -> None:
    printed = StringIO()
    call_command("eosc_profile", stdout=printed)
    profile = json.loads(printed.getvalue())
    _assert_valid("urn:jsonschema:eosc:organization", profile["organization"])
    data_source, application = profile["resources"]
    _assert_valid("urn:jsonschema:eosc:data-source", data_source)
    _assert_valid("urn:jsonschema:eosc:deployable-application", application)
    assert anonymous.get("/.well-known/eosc.json").json() == profile


def test_an_operator_that_is_not_known_has_no_profile(settings: object, anonymous: Client) -> None:
    settings.REPRISE_OPERATOR = replace(OPERATOR, node="", country="")
    with pytest.raises(CommandError, match="REPRISE_OPERATOR_COUNTRY, REPRISE_EOSC_NODE"):
        call_command("eosc_profile")
    assert anonymous.get("/.well-known/eosc.json").status_code == 404


@pytest.mark.parametrize(
    "values",
    [
        {"REPRISE_OPERATOR_ROR": "02550n020"},
        {"REPRISE_OPERATOR_ROR": "https://ror.org/02550n021"},
        {"REPRISE_OPERATOR_COUNTRY": "France"},
        {"REPRISE_EOSC_SINCE": "yesterday"},
        {"REPRISE_EOSC_TRL": "9"},
        {"REPRISE_OPERATOR_URL": "ftp://example.org"},
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match=next(iter(values))):
        read_operator_settings(Environment(values))
