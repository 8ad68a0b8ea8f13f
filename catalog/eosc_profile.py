"""This service in EOSC's words, from the settings of its operator."""

from __future__ import annotations

import tomllib
from typing import Any, Final

from django.conf import settings

from catalog.exposure.eosc import Operator, missing, profile
from catalog.this_site import this_site

SETTINGS: Final = {
    "name": "REPRISE_OPERATOR",
    "identifier": "REPRISE_OPERATOR_ROR",
    "abbreviation": "REPRISE_OPERATOR_SHORT",
    "website": "REPRISE_OPERATOR_URL",
    "country": "REPRISE_OPERATOR_COUNTRY",
    "description": "REPRISE_OPERATOR_ABOUT",
    "logo": "REPRISE_OPERATOR_LOGO",
    "node": "REPRISE_EOSC_NODE",
    "since": "REPRISE_EOSC_SINCE",
    "readiness": "REPRISE_EOSC_TRL",
}


class UnknownOperatorError(Exception):
    """Too little is known of the operator; `names` are the settings that are to be made."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.names = names


def eosc_profile() -> dict[str, Any]:
    """Return organisation and resources as EOSC's profiles have them. Raises UnknownOperatorError."""
    operator: Operator = settings.REPRISE_OPERATOR
    names = [SETTINGS[name] for name in missing(operator)]
    if names:
        raise UnknownOperatorError(names)
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return profile(operator, this_site(), version=str(project["project"]["version"]))
