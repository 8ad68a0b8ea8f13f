"""Give roc-validator the contexts that it would fetch: run by the Python of the validator's own environment.

The context of RO-Crate 1.1 is the one that rocrate 0.14.0 ships. That of the Workflow Run terms is written here: each
of its terms stands for itself below one address (https://github.com/ResearchObject/ro-terms, workflow-run, CC0).
"""

from __future__ import annotations

import io
import json
import sys
from importlib.resources import files

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

TERMS = "https://w3id.org/ro/terms/workflow-run"
NAMES = (
    "ParameterConnection ContainerImage DockerImage SIFImage connection sourceParameter targetParameter md5 sha1 "
    "sha256 sha512 environment registry tag containerImage resourceUsage"
)
CONTEXTS = {
    "https://w3id.org/ro/crate/1.1/context": files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes(),
    f"{TERMS}/context": json.dumps({"@context": {name: f"{TERMS}#{name}" for name in NAMES.split()}}).encode(),
}


class Shelf(HTTPAdapter):
    """Answers with what lies here; any other address is not found."""

    def send(self, request: PreparedRequest, *_: object, **__: object) -> Response:
        """Return the context of that address."""
        content = CONTEXTS.get(str(request.url), b"")
        raw = HTTPResponse(
            body=io.BytesIO(content),
            headers={"Content-Type": "application/ld+json"},
            status=200 if content else 404,
            request_url=str(request.url),
            preload_content=False,
        )
        return self.build_response(request, raw)


if __name__ == "__main__":
    session = CachedSession(cache_name=sys.argv[1], backend="sqlite", expire_after=-1)
    session.mount("https://", Shelf())
    for address in CONTEXTS:
        session.get(address).raise_for_status()
