"""All sources on one real server of this machine, each under its own path, with the answers of the fixtures."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_django import Settings

from catalog.sources import Asking, Endpoints, Known, gather, ordered_sources
from tests.catalog.local_host import LocalHost, local_host

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "metadata"
ARTICLE, DATA = "10.5555/reprise.article", "10.5072/reprise.data"
ZENODO_DATA, ZENODO_CODE = "10.5281/zenodo.99000002", "10.5281/zenodo.99000012"

REPOSITORY = "https://github.com/example/broken-pots"


def fixture(name: str) -> bytes:
    return (FIXTURES / "sources" / name).read_bytes()


@dataclass
class Sources:
    """The server and how a test asks it."""

    host: LocalHost

    @property
    def endpoints(self) -> Endpoints:
        url = self.host.url
        return Endpoints(
            doi=f"{url}/doi",
            crossref=f"{url}/crossref",
            datacite=f"{url}/datacite",
            zenodo=f"{url}/zenodo",
            figshare=f"{url}/figshare",
            software_heritage=f"{url}/swh",
            github=f"{url}/github",
            gitlab=(url,),
            gitea=(),
        )

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        self.host.answers[path] = (status, headers, body)

    def asking(self, **limits: Any) -> Asking:  # noqa: ANN401 - whatever Asking takes
        return Asking(**{"allow_private": True, "backoff_s": 0.01, "timeout_s": 10.0, **limits})

    def look_up(
        self, reference: str, *, follows: bool = True, asking: Asking | None = None, **named: tuple[str, ...]
    ) -> Known:
        endpoints = replace(self.endpoints, **named)  # type: ignore[arg-type]  # the fields that are given as several
        return gather(reference, sources=ordered_sources(endpoints), asking=asking or self.asking(), follows=follows)


@contextmanager
def sources() -> Iterator[Sources]:
    with local_host() as host:
        running = Sources(host)
        for doi in (ARTICLE, DATA):
            name = f"{doi.replace('/', '_')}.json"
            for directory, path in (("csl", "/doi"), ("crossref", "/crossref/works"), ("datacite", "/datacite/dois")):
                if (file := FIXTURES / directory / name).exists():
                    # A host that there is none of would be looked for in the network.
                    body = file.read_bytes().replace(b"https://gitlab.example.org/pots/analysis", REPOSITORY.encode())
                    running.serve(f"{path}/{quote(doi, safe='')}", body)
        for number in ("99000002", "99000012"):
            running.serve(f"/zenodo/api/records/{number}", fixture(f"zenodo/{number}.json"))
        running.serve("/figshare/v2/articles/99000003", fixture("figshare/99000003.json"))
        serve_github(running, "CITATION.cff", "codecheck.yml")
        yield running


@contextmanager
def installed(settings: Settings) -> Iterator[Sources]:
    """Serve all sources, as those of this installation."""
    with sources() as running:
        url = running.host.url
        running.serve("/datacite/dois", fixture("datacite/naming.json"))
        settings.REPRISE_ALLOW_PRIVATE_HOSTS = True
        settings.REPRISE_DOI_URL, settings.REPRISE_CROSSREF_URL = f"{url}/doi", f"{url}/crossref"
        settings.REPRISE_DATACITE_URL = f"{url}/datacite"
        settings.REPRISE_METADATA = replace(
            settings.REPRISE_METADATA, zenodo=f"{url}/zenodo", github=f"{url}/github", pause_ms=0, cache_bytes=0
        )
        yield running


def serve_github(running: Sources, *names: str) -> None:
    """Serve the repository example/broken-pots with these files at its root."""
    listing = json.loads(fixture("github/contents.json"))
    listing = [one for one in listing if one["name"] in names or not one["name"].startswith(("CITATION", "codecheck"))]
    repository = "/github/repos/example/broken-pots"
    running.serve(repository, fixture("github/repository.json"))
    running.serve(f"{repository}/contents", json.dumps(listing).encode())
    for name in names:
        packed = base64.encodebytes(fixture(f"repository/{name}")).decode()
        answer = {"name": name, "encoding": "base64", "content": packed}
        running.serve(f"{repository}/contents/{name}", json.dumps(answer).encode())
