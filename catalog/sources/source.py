"""What every source is: it tells from a reference alone whether it is asked, and then asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from catalog.sources.asking import Asking
from catalog.sources.facts import Found
from catalog.sources.reference import Reference


class Source(Protocol):
    """A service that knows something of publications, data or repositories.

    What `detect` returns of a git host is the address to clone, with @ and the ref where one is named.
    """

    name: str
    is_git_host: bool

    def detect(self, reference: Reference) -> str:
        """Return what this source is to be asked for, or "" where the reference is not its own. Asks nobody."""
        ...

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return what is said of `place`, which `detect` returned, one Found for each who said it.

        Raises CausedError: doi-unknown, reference-unknown, metadata-unreachable, or one of outbound.fetch.
        """
        ...


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the sources answer. Those given as several are asked one after the other, or told apart by their host."""

    doi: str = "https://doi.org"
    crossref: str = "https://api.crossref.org"
    datacite: str = "https://api.datacite.org"
    zenodo: str = "https://zenodo.org"
    figshare: str = "https://api.figshare.com"
    software_heritage: str = "https://archive.softwareheritage.org"
    github: str = "https://api.github.com"
    gitlab: tuple[str, ...] = ("https://gitlab.com",)
    invenio: tuple[str, ...] = ()
    gitea: tuple[str, ...] = ("https://codeberg.org",)
    dataverse: tuple[str, ...] = ()
    panosc: tuple[str, ...] = ()
    scicat: tuple[str, ...] = ()
    oai: tuple[str, ...] = ()
