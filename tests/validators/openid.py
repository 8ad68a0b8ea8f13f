"""An OpenID provider that is not ours (oidc-provider, on node), and a person who logs in there without a browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client

from catalog.login_providers import LoginProvider, Rule
from tests.journeys.web import free_port

HERE: Final = Path(__file__).with_name("oidc")
CLIENT: Final = "reprise:tests"
SECRET: Final = "a secret + of ? the tests"
MEMBERS: Final = "urn:geant:example.org:group:panet:{}#aai.example.org"


@dataclass(frozen=True)
class Running:
    """A provider that answers at `issuer`; what it says of people stands in a file."""

    issuer: str
    people: Path

    def say(self, **people: Mapping[str, Any]) -> None:
        """Have it know these people and their claims from now on."""
        self.people.write_text(json.dumps(people), encoding="utf-8")


@contextmanager
def openid_provider(scratch: Path, *, redirect_uri: str) -> Iterator[Running]:
    """Run the provider until the block ends. The tests fail without it: a login that nobody made is not tested."""
    # A node of its own is installed where this machine's is too old for it.
    node = next((str(path) for path in HERE.glob("node/node_modules/node-linux-*/bin/node")), shutil.which("node"))
    if node is None or not (HERE / "node_modules").is_dir():
        pytest.fail("oidc-provider is missing. Install it: sh deploy/test-oidc.sh")
    people, port = scratch / "people.json", free_port()
    people.write_text("{}", encoding="utf-8")
    process = subprocess.Popen(
        (node, HERE / "provider.js", str(port), CLIENT, SECRET, redirect_uri, people), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        while (line := process.stdout.readline()) != "listening\n":
            assert line, "the provider ended"
        yield Running(f"http://127.0.0.1:{port}", people)
    finally:
        process.terminate()
        process.wait(timeout=20)


def settings_of(issuer: str, **changes: Any) -> LoginProvider:  # noqa: ANN401 - any field
    """Return a provider named house, whose entitlements give roles and groups."""
    fields: dict[str, Any] = {
        "id": "house",
        "name": "House",
        "issuer": issuer,
        "client_id": CLIENT,
        "secret": SECRET,
        "scopes": ("openid", "profile", "entitlements", "orcid"),
        "claims": ("entitlements",),
        "orcid_claim": "orcid",
        "roles": (Rule("author", (MEMBERS.format("authors"),)), Rule("curator", (MEMBERS.format("curators"),))),
        "groups": (Rule("Proposal {1}", (MEMBERS.format("proposals:*"),)),),
        "managers": (Rule("Proposal {1}", (MEMBERS.format("proposals:*:role=leader"),)),),
    }
    return LoginProvider(**{**fields, **changes})


def begin(client: Client, provider_id: str = "house", **form: str) -> str:
    """Press the button of the provider and return the address that the page leads to."""
    answer = client.post(f"/login/{provider_id}", form)
    assert answer.status_code == 200, answer.content
    found = re.search(r'content="0; url=([^"]+)"', answer.content.decode())
    assert found is not None
    return html.unescape(found[1])


def at_provider(address: str, name: str) -> str:
    """Log in at the provider as `name`, or cancel where there is no name; return path and query of the way back."""
    with requests.Session() as session:
        session.trust_env = False
        page = session.get(address, timeout=30)
        form = {"name": name} if name else {}
        answer = session.post(page.url if name else f"{page.url}/abort", form, allow_redirects=False, timeout=30)
        while "/callback?" not in answer.headers["Location"]:
            answer = session.get(answer.headers["Location"], allow_redirects=False, timeout=30)
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"
