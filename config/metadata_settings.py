"""Where metadata come from: `settings.REPRISE_METADATA`, and the three addresses that every look-up begins with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.env import Environment

_WEB = ("http", "https")


@dataclass(frozen=True, slots=True)
class MetadataSettings:
    """Addresses of sources without a slash at their end, and how politely they are asked. Sizes in bytes."""

    zenodo: str
    invenio: tuple[str, ...]
    figshare: str
    software_heritage: str
    github: str
    gitlab: tuple[str, ...]
    gitea: tuple[str, ...]
    dataverse: tuple[str, ...]
    panosc: tuple[str, ...]
    scicat: tuple[str, ...]
    oai: tuple[str, ...]
    timeout_s: int
    pause_ms: int
    cache_bytes: int
    cache_directory: Path


def read_metadata_settings(env: Environment, *, data: Path) -> tuple[str, str, str, MetadataSettings]:
    """Return the resolver of DOIs, Crossref, DataCite, and all other sources."""
    return (
        env.url("REPRISE_DOI_URL", "https://doi.org", "DOI resolver.", schemes=_WEB),
        env.url("REPRISE_CROSSREF_URL", "https://api.crossref.org", "Crossref REST API.", schemes=_WEB),
        env.url("REPRISE_DATACITE_URL", "https://api.datacite.org", "DataCite REST API.", schemes=_WEB),
        _read_sources(env, data=data),
    )


def _read_sources(env: Environment, *, data: Path) -> MetadataSettings:
    def one(name: str, default: str, meaning: str) -> str:
        return env.url(name, default, meaning, schemes=_WEB).rstrip("/")

    return MetadataSettings(
        zenodo=one("REPRISE_ZENODO_URL", "https://zenodo.org", "Zenodo."),
        invenio=_several(env, "REPRISE_INVENIO_URLS", "", "Repositories that answer as Zenodo does."),
        figshare=one("REPRISE_FIGSHARE_URL", "https://api.figshare.com", "Figshare API."),
        software_heritage=one(
            "REPRISE_SOFTWARE_HERITAGE_URL", "https://archive.softwareheritage.org", "Software Heritage archive."
        ),
        github=one("REPRISE_GITHUB_API_URL", "https://api.github.com", "GitHub REST API."),
        gitlab=_several(env, "REPRISE_GITLAB_URLS", "https://gitlab.com", "GitLabs beside those at a host gitlab.…"),
        gitea=_several(env, "REPRISE_GITEA_URLS", "https://codeberg.org", "Hosts of Gitea or Forgejo."),
        dataverse=_several(
            env, "REPRISE_DATAVERSE_URLS", "", "Dataverse installations whose pages are not told by form."
        ),
        panosc=_several(env, "REPRISE_PANOSC_URLS", "", "PaNOSC Search APIs that are asked of data."),
        scicat=_several(env, "REPRISE_SCICAT_URLS", "", "APIs of SciCat installations that are asked of data."),
        oai=_several(env, "REPRISE_OAI_URLS", "", "OAI-PMH providers that are asked for an OAI identifier."),
        timeout_s=env.integer("REPRISE_METADATA_TIMEOUT_S", 20, "Seconds one look-up may take.", least=1, most=300),
        pause_ms=env.integer(
            "REPRISE_METADATA_PAUSE_MS", 200, "Milliseconds between two questions to a host.", most=60_000
        ),
        cache_bytes=env.size(
            "REPRISE_METADATA_CACHE", "64M", "Disk for answers that a source can confirm; 0 keeps none.", least=0
        ),
        cache_directory=data / "metadata-cache",
    )


def _several(env: Environment, name: str, default: str, meaning: str) -> tuple[str, ...]:
    found = env.items(name, default, meaning)
    if not all(urlsplit(one).scheme in _WEB and urlsplit(one).hostname for one in found):
        raise ImproperlyConfigured(f"{name} must be http or https addresses; see docs/settings.md.")
    return tuple(one.rstrip("/") for one in found)
