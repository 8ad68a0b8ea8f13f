"""EOSC's profiles of 2026: the organisation that runs this service, the service as a source of data, its software.

The words of the vocabularies (`ds_…`) are those of the EOSC resource catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from catalog.exposure.documents import filled_object
from catalog.exposure.record import Site
from catalog.exposure.words import PUBLIC_METADATA

SOFTWARE: Final = "https://github.com/reprise-science/reprise"
_PRODUCTS: Final = ("research_publication", "research_data", "research_software")
_ABOUT: Final = (
    "Re-runs the notebooks behind published figures in the environments that they were written for, and says, with "
    "evidence that anyone can check, whether the figures still come out."
)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs this service, as EOSC asks; every text is needed. `identifier` is the ROR or another PID."""

    name: str
    identifier: str
    abbreviation: str
    website: str
    country: str
    description: str
    logo: str
    node: str
    since: str
    readiness: str
    is_legal_entity: bool = True


def missing(operator: Operator) -> list[str]:
    """Return the names of the fields of an operator that are empty."""
    return [one.name for one in fields(operator) if getattr(operator, one.name) == ""]


def profile(operator: Operator, site: Site, *, version: str) -> dict[str, Any]:
    """Return the organisation and its resources. `version` is that of the software that runs here."""
    return {
        "organization": _organisation(operator, site),
        "resources": [_data_source(operator, site), _application(operator, site, version)],
    }


def _organisation(operator: Operator, site: Site) -> dict[str, Any]:
    return {
        "id": operator.identifier,
        "name": operator.name,
        "abbreviation": operator.abbreviation,
        "website": operator.website,
        "country": operator.country,
        "legalEntity": operator.is_legal_entity,
        "description": operator.description,
        "logo": operator.logo,
        "publicContact": [site.contact],
        "nodePID": operator.node,
    }


def _resource(operator: Operator, site: Site, kind: str, identifier: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "url": [identifier],
        "name": site.name,
        "description": site.description or _ABOUT,
        "publishingDate": operator.since,
        "type": kind,
        "nodePID": operator.node,
        "resourceOwner": operator.identifier,
        "publicContact": [site.contact],
    }


def _data_source(operator: Operator, site: Site) -> dict[str, Any]:
    products = [f"ds_research_entity_type-{one}" for one in _PRODUCTS]
    return filled_object(
        {
            **_resource(operator, site, "DataSource", site.url),
            "serviceProviders": [operator.identifier],
            "webpage": site.url,
            "logo": operator.logo,
            "jurisdiction": "ds_jurisdiction-global",
            "accessType": "access_type-virtual",
            "trl": operator.readiness,
            "tags": ["reproducibility", "Jupyter", "photon and neutron science"],
            "versionControl": True,
            "persistentIdentitySystems": [
                {
                    "persistentIdentityProductType": product,
                    "persistentIdentityProductTypeScheme": ["ds_persistent_identity_scheme-doi"],
                }
                for product in products
            ],
            "dataSourceClassification": "ds_classification-aggregators",
            "researchProductTypes": products,
            "thematic": True,
            "metadataLicense": {"licenseName": "CC0-1.0", "licenseURL": PUBLIC_METADATA},
        }
    )


def _application(operator: Operator, site: Site, version: str) -> dict[str, Any]:
    return {
        **_resource(operator, site, "DeployableApplication", SOFTWARE),
        "name": "Reprise",
        "description": _ABOUT,
        "acronym": "Reprise",
        "version": version,
        "license": {"licenseName": "BSD-3-Clause", "licenseURL": "https://spdx.org/licenses/BSD-3-Clause"},
        "tags": ["reproducibility", "Jupyter", "FAIR"],
        # The profile knows persons alone.
        "creators": [{"firstName": "The Reprise", "lastName": "developers"}],
    }
