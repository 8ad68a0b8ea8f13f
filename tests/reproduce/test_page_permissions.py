"""Who may see and do what on the pages: one row an address and persona, for a published paper and a draft."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from builder.models import Snapshot
from catalog.models import Publication
from reproduce.models import Run
from reproduce.preview_files import key_of
from tests.evidence import certify, make_environment, make_run

PERSONAS = ("owner", "curator", "reader", "stranger", "anonymous")
SEEN = (200, 200, 200, 200, 200)
DRAFT = (200, 200, 404, 404, 404)
DONE = (302, 302, 302, 302, 302)
NOWHERE = (404, 404, 404, 404, 404)
DRAFT_DONE = (302, 302, 404, 404, 404)
# A file that is not on this machine: who may see it is told so.
AWAY = (503, 503, 503, 503, 503)
DRAFT_AWAY = (503, 503, 404, 404, 404)

# What each persona is answered, in the order of PERSONAS: first for a published paper, then for a draft.
TABLE: dict[str, tuple[str, tuple[int, ...], tuple[int, ...]]] = {
    "publication": ("get", SEEN, DRAFT),
    "target": ("get", SEEN, DRAFT),
    "proposed": ("get", DRAFT, DRAFT),
    "published-figure": ("get", DONE, DRAFT_DONE),
    "run": ("get", SEEN, DRAFT),
    "run-events": ("get", SEEN, DRAFT),
    "run-thumbnail": ("get", SEEN, DRAFT),
    "run-notebook": ("get", SEEN, DRAFT),
    "run-notebook-content": ("get", SEEN, DRAFT),
    "artefact": ("get", SEEN, DRAFT),
    "run-crate": ("get", SEEN, DRAFT),
    "run-crate-document": ("get", SEEN, DRAFT),
    "environment": ("get", SEEN, DRAFT),
    "environment-file": ("get", SEEN, DRAFT),
    "build-log": ("get", SEEN, DRAFT),
    "declaration": ("get", SEEN, DRAFT),
    # Of a withdrawn paper the certificates stay with who may see it.
    "certificate": ("get", SEEN, DRAFT),
    "certificate-json": ("get", SEEN, DRAFT),
    # Where the operator turned deposits on it is another's to test: tests/reproduce/test_depositing.py.
    "certificate-deposit": ("post", (409, 409, 404, 404, 302), (409, 409, 404, 404, 302)),
    "notebooks": ("get", SEEN, DRAFT),
    "certificate-package": ("get", SEEN, DRAFT),
    "preview": ("get", AWAY, DRAFT_AWAY),
    "preview-h5": ("get", AWAY, DRAFT_AWAY),
    "preview-picture": ("get", AWAY, DRAFT_AWAY),
    "preview-viewer": ("get", SEEN, DRAFT),
    # A redirect for the anonymous of a published one is one to the login. Drafts are for those who may see them.
    "preview-fetch": ("post", DONE, DRAFT_DONE),
    "log": ("get", SEEN, SEEN),
    "verify": ("get", SEEN, SEEN),
    "status-list": ("get", SEEN, SEEN),
    "issuer": ("get", SEEN, SEEN),
    "certificate-context": ("get", SEEN, SEEN),
    # Without a provider of logins there are no such pages; tests/config/test_openid_login.py has some.
    "openid-login": ("post", NOWHERE, NOWHERE),
    "openid-callback": ("get", NOWHERE, NOWHERE),
    "identities": ("get", (404, 404, 404, 404, 302), (404, 404, 404, 404, 302)),
    "run-cancel": ("post", DRAFT_DONE, DRAFT_DONE),
    "reproduce": ("post", DONE, DRAFT_DONE),
    "derive": ("get", SEEN, DRAFT),
    "watch": ("post", DRAFT_DONE, DRAFT_DONE),
    "repair": ("post", DRAFT_DONE, DRAFT_DONE),
    # A redirect for the anonymous of these is one to the login.
    "edit": ("get", (200, 200, 404, 404, 302), (200, 200, 404, 404, 302)),
    "targets": ("get", (200, 200, 404, 404, 302), (200, 200, 404, 404, 302)),
    "review-links": ("get", (200, 200, 404, 404, 302), (200, 200, 404, 404, 302)),
    "template": ("get", (200, 200, 404, 404, 302), (200, 200, 404, 404, 302)),
    "as-of": ("post", (302, 302, 404, 404, 302), (302, 302, 404, 404, 302)),
    "fetch": ("post", (302, 302, 404, 404, 302), (302, 302, 404, 404, 302)),
    "publish": ("post", (302, 302, 404, 404, 302), (302, 302, 404, 404, 302)),
    "withdraw": ("post", (302, 302, 404, 404, 302), (302, 302, 404, 404, 302)),
    "embargo": ("post", (302, 302, 404, 404, 302), (302, 302, 404, 404, 302)),
}
ROWS = [
    pytest.param(name, persona, is_published, id=f"{name} {persona} {word}")
    for name in TABLE
    for persona in PERSONAS
    for is_published, word in ((True, "published"), (False, "draft"))
]


def environment_arguments(publication: Publication) -> dict[str, list[object]]:
    """Return the arguments of the addresses of an environment, which is made here; its key is the publication's own."""
    snapshot = publication.repositories.get().snapshots.get()
    key = str(publication.pk).rjust(64, "0")
    environment = snapshot.environments.first() or make_environment(snapshot, key=key)
    Snapshot.objects.filter(pk=snapshot.pk).update(declaration="--- a\n+++ b\n")
    return {
        "environment": [key],
        "environment-file": [key, "pylock.toml"],
        "build-log": [environment.builds.get().pk],
        "declaration": [snapshot.pk],
    }


def certificate_arguments(publication: Publication) -> dict[str, list[object]]:
    """Return the arguments of the addresses of a certificate, which is issued here."""
    issued = certify(publication.targets.get(slug="figure-2"))
    return {
        **{name: [issued.pk] for name in ("certificate", "certificate-json", "certificate-package")},
        "certificate-deposit": [issued.pk],
        **{name: [] for name in ("log", "verify", "issuer", "certificate-context")},
        "status-list": ["revocation", 0],
    }


def preview_arguments(publication: Publication) -> dict[str, list[object]]:
    """Return the arguments of the addresses of a file of a dataset, which is made here and lies nowhere."""
    doi, path = f"{publication.doi}.data", "scan.nxs"
    there = {"url": "https://data.example.org/scan.nxs", "sha256": "0" * 64}
    publication.datasets.get_or_create(doi=doi, defaults={"title": "A scan", "files": [{"path": path, **there}]})
    named: dict[str, list[object]] = {
        name: [doi, key_of(path)] for name in ("preview", "preview-fetch", "preview-picture", "preview-viewer")
    }
    return {**named, "preview-h5": [doi, key_of(path), "meta"]}


def addresses(publication: Publication, run: Run) -> dict[str, str]:
    """Return the address of each row of the table; what has to be there is made once for all of them."""
    doi = publication.doi
    arguments: dict[str, list[object]] = {
        "published-figure": [publication.targets.get(slug="figure-1").pk],
        "artefact": [run.pk, "verdict.json"],
        "run-crate-document": [run.pk, "ro-crate-metadata.json"],
        "identities": [],
        **{key: ["house"] for key in ("openid-login", "openid-callback")},
        **environment_arguments(publication),
        **certificate_arguments(publication),
        **preview_arguments(publication),
        **{key: [doi] for key in ("publication", "edit", "targets", "review-links", "notebooks")},
        **{key: [doi] for key in ("as-of", "fetch", "publish", "withdraw", "embargo")},
        **{key: [doi, "figure-1"] for key in ("target", "reproduce", "watch", "repair", "derive", "template")},
    }
    named = {name: reverse(name, args=arguments.get(name, [run.pk])) for name in TABLE if name != "proposed"}
    return {**named, "proposed": reverse("target", args=[doi, "figure-3"])}


def address(name: str, publication: Publication, run: Run) -> str:
    return addresses(publication, run)[name]


@pytest.mark.parametrize(("name", "persona", "is_published"), ROWS)
def test_a_page_answers_each_persona_as_the_table_says(
    name: str,
    persona: str,
    is_published: bool,
    publication: Publication,
    draft: Publication,
    request: pytest.FixtureRequest,
) -> None:
    client: Client = request.getfixturevalue(persona)
    shown = publication if is_published else draft
    run = make_run(shown.targets.get(slug="figure-1"))
    method, on_published, on_draft = TABLE[name]
    url = address(name, shown, run)
    response = client.post(url, {"every_days": 30}) if method == "post" else client.get(url)
    expected = (on_published if is_published else on_draft)[PERSONAS.index(persona)]
    assert response.status_code == expected
    if (
        expected == 302
        and persona == "anonymous"
        and name in {"edit", "targets", "review-links", "template", "as-of", "fetch", "publish", "withdraw", "embargo"}
    ):
        assert response.headers["Location"].startswith("/login?next=")


CHANGING = ("publish", "withdraw", "embargo", "as-of", "fetch", "reproduce", "watch", "repair", "run-cancel")


@pytest.mark.parametrize("name", CHANGING)
def test_what_changes_something_refuses_to_be_got(name: str, publication: Publication, owner: Client) -> None:
    run = make_run(publication.targets.get(slug="figure-1"))
    assert owner.get(address(name, publication, run)).status_code == 405


@pytest.mark.parametrize(
    "name",
    [
        "publish",
        "withdraw",
        "embargo",
        "as-of",
        "fetch",
        "reproduce",
        "watch",
        "repair",
        "run-cancel",
        "edit",
        "targets",
    ],
)
def test_what_changes_something_asks_for_the_token_against_forgery(
    name: str, publication: Publication, people: object
) -> None:
    run = make_run(publication.targets.get(slug="figure-1"))
    client = Client(enforce_csrf_checks=True)
    client.force_login(publication.owner)
    assert client.post(address(name, publication, run)).status_code == 403
