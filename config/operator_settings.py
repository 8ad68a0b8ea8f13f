"""Who runs this service, for what is said of it elsewhere (docs/metadata.md)."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ImproperlyConfigured

from catalog.causes import CausedError
from catalog.exposure.eosc import Operator
from catalog.identifiers import parse_ror
from config.env import Environment

_LEVELS = ("", *(f"trl-{level}" for level in range(1, 10)))


def read_operator_settings(env: Environment) -> Operator:
    """Return the operator; what is not given is empty."""
    web = ("http", "https")
    operator = Operator(
        name=env.text("REPRISE_OPERATOR", "", "Organisation that runs this service."),
        identifier=env.text("REPRISE_OPERATOR_ROR", "", "Its ROR, as https://ror.org/…."),
        abbreviation=env.text("REPRISE_OPERATOR_SHORT", "", "Its short name."),
        website=env.url("REPRISE_OPERATOR_URL", "", "Its website.", schemes=web),
        country=env.text("REPRISE_OPERATOR_COUNTRY", "", "Its country, as two letters of ISO 3166."),
        description=env.text("REPRISE_OPERATOR_ABOUT", "", "What it is, in a few sentences."),
        logo=env.url("REPRISE_OPERATOR_LOGO", "", "Address of its logo.", schemes=web),
        node=env.text("REPRISE_EOSC_NODE", "", "Identifier of the EOSC node that it contributes to."),
        since=env.text("REPRISE_EOSC_SINCE", "", "Day from which this service is offered, as 2026-05-01."),
        readiness=env.text("REPRISE_EOSC_TRL", "", "Its technology readiness level, as trl-7.", choices=_LEVELS),
        is_legal_entity=env.boolean("REPRISE_OPERATOR_IS_LEGAL", True, "The organisation is a legal entity."),
    )
    _check(operator)
    return operator


def _check(operator: Operator) -> None:
    if operator.identifier:
        try:
            is_ror = parse_ror(operator.identifier) == operator.identifier
        except CausedError:
            is_ror = False
        if not is_ror:
            raise ImproperlyConfigured(
                "REPRISE_OPERATOR_ROR must be as https://ror.org/02550n020; see docs/settings.md."
            )
    if operator.country and not (
        len(operator.country) == 2 and operator.country.isascii() and operator.country.isupper()
    ):
        raise ImproperlyConfigured("REPRISE_OPERATOR_COUNTRY must be two capital letters; see docs/settings.md.")
    try:
        is_day = not operator.since or date.fromisoformat(operator.since).isoformat() == operator.since
    except ValueError:
        is_day = False
    if not is_day:
        raise ImproperlyConfigured("REPRISE_EOSC_SINCE must be a day such as 2026-05-01; see docs/settings.md.")
