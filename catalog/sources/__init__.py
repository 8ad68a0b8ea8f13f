"""Where metadata comes from: one file per source."""

from catalog.sources.agencies import lookup
from catalog.sources.asking import Asking
from catalog.sources.facts import Creator, DatasetFacts, Funder, PublicationFacts, Related, RepositoryFacts
from catalog.sources.gathering import gather
from catalog.sources.known import Known
from catalog.sources.order import ordered_sources
from catalog.sources.source import Endpoints

__all__ = [
    "Asking",
    "Creator",
    "DatasetFacts",
    "Endpoints",
    "Funder",
    "Known",
    "PublicationFacts",
    "Related",
    "RepositoryFacts",
    "gather",
    "lookup",
    "ordered_sources",
]
