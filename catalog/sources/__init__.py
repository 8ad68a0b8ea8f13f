"""Where metadata comes from: one file per source."""

from catalog.sources.agencies import Endpoints, LookupFailed, lookup
from catalog.sources.facts import Creator, Funder, PublicationFacts, Related

__all__ = ["Creator", "Endpoints", "Funder", "LookupFailed", "PublicationFacts", "Related", "lookup"]
