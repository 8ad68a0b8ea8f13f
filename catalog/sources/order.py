"""All sources in the order in which they are asked and believed: who keeps a thing before who registers it."""

from __future__ import annotations

from catalog.sources.agencies import Agencies
from catalog.sources.dataverse import Dataverse
from catalog.sources.figshare import Figshare
from catalog.sources.git_hosts import GitHosts
from catalog.sources.manifests import ManifestFiles
from catalog.sources.naming import NamingRecords
from catalog.sources.oai_pmh import OaiPmh
from catalog.sources.panosc import PanoscSearch
from catalog.sources.scicat import SciCat
from catalog.sources.software_heritage import SoftwareHeritage
from catalog.sources.source import Endpoints, Source
from catalog.sources.zenodo import Zenodo


def ordered_sources(endpoints: Endpoints) -> tuple[Source, ...]:
    """Return the sources that answer at these addresses."""
    return (
        ManifestFiles(),
        Zenodo(endpoints.zenodo, endpoints.invenio),
        Figshare(endpoints.figshare),
        Dataverse(endpoints.dataverse),
        SciCat(endpoints.scicat),
        SoftwareHeritage(endpoints.software_heritage),
        GitHosts(endpoints),
        OaiPmh(endpoints.oai),
        Agencies(endpoints),
        NamingRecords(endpoints.datacite),
        PanoscSearch(endpoints.panosc),
    )
