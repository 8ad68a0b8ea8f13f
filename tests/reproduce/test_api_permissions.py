"""Who may do what through the API: one row a resource and persona, for a published paper and a draft."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from catalog.audit import SERVICE
from catalog.causes import cause
from catalog.models import Publication
from catalog.review_links import issue_link
from reproduce.models import Run
from reproduce.queue import request_run
from reproduce.watches import watch
from tests.evidence import certify, make_environment, prove
from tests.personas import People, api_client

PERSONAS = ("owner", "curator", "reader", "stranger", "anonymous")

# What each persona is answered, in the order of PERSONAS: first for a published paper, then for a draft.
TABLE: dict[str, tuple[str, dict[str, Any] | None, tuple[int, ...], tuple[int, ...]]] = {
    "/publications/{publication}/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/publications/{publication}/ ": ("patch", {"venue": "V"}, (200, 200, 403, 403, 401), (200, 200, 404, 404, 401)),
    "/publications/{publication}/publish/": ("post", None, (200, 200, 403, 403, 401), (200, 200, 404, 404, 401)),
    "/publications/{publication}/withdraw/": ("post", None, (200, 200, 403, 403, 401), (200, 200, 404, 404, 401)),
    "/publications/{publication}/embargo/": (
        "post",
        {"until": "2000-01-01"},
        (400, 400, 403, 403, 401),
        (400, 400, 404, 404, 401),
    ),
    "/publications/{publication}/review-links/": (
        "get",
        None,
        (200, 200, 403, 403, 401),
        (200, 200, 404, 404, 401),
    ),
    "/publications/{publication}/review-links/ ": (
        "post",
        {"name": "Referee 1", "days": 7, "is_looked_at": True},
        (201, 201, 403, 403, 401),
        (201, 201, 404, 404, 401),
    ),
    "/publications/{publication}/review-links/scan/": (
        "post",
        {},
        (200, 200, 403, 403, 401),
        (200, 200, 404, 404, 401),
    ),
    "/publications/{publication}/review-links/{link}/": (
        "get",
        None,
        (200, 200, 403, 403, 401),
        (200, 200, 404, 404, 401),
    ),
    "/publications/{publication}/review-links/{link}/ ": (
        "delete",
        None,
        (204, 204, 403, 403, 401),
        (204, 204, 404, 404, 401),
    ),
    "/repositories/{repository}/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/repositories/{repository}/fetch/": ("post", None, (202, 202, 403, 403, 401), (202, 202, 404, 404, 401)),
    "/repositories/{repository}/ ": (
        "patch",
        {"as_of": "today"},
        (200, 200, 403, 403, 401),
        (200, 200, 404, 404, 401),
    ),
    "/environments/{environment}/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/environments/{environment}/files/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/builds/{build}/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/snapshots/{snapshot}/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/targets/{target}/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/targets/{target}/ ": ("patch", {"caption": "C"}, (200, 200, 403, 403, 401), (200, 200, 404, 404, 401)),
    "/targets/{proposed}/": ("get", None, (200, 200, 404, 404, 404), (200, 200, 404, 404, 404)),
    "/targets/{target}/reproduce/": ("post", None, (202, 202, 202, 202, 202), (202, 202, 404, 404, 404)),
    "/targets/{target}/parameters/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    # Nothing can be set in it: it has no notebook.
    "/targets/{target}/derive/": (
        "post",
        {"parameters": {"x": 1}},
        (400, 400, 400, 400, 400),
        (400, 400, 404, 404, 404),
    ),
    "/targets/{target}/template/": (
        "put",
        {"techniques": ["PaNET01189"]},
        (200, 200, 403, 403, 401),
        (200, 200, 404, 404, 401),
    ),
    "/targets/{target}/template/ ": ("delete", None, (204, 204, 403, 403, 401), (204, 204, 404, 404, 401)),
    "/targets/{target}/repair/": ("post", None, (202, 202, 403, 403, 401), (202, 202, 404, 404, 401)),
    "/runs/{run}/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/runs/{run}/cancel/": ("post", None, (202, 202, 403, 403, 401), (202, 202, 404, 404, 401)),
    "/runs/{run}/events/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/runs/{run}/artefacts/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/certificates/{certificate}/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/log/head/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 200, 200, 200)),
    "/log/entries/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 200, 200, 200)),
    "/log/inclusion/?leaf={leaf}": ("get", None, (200, 200, 200, 200, 200), (200, 200, 200, 200, 200)),
    "/log/consistency/?earlier=0": ("get", None, (200, 200, 200, 200, 200), (200, 200, 200, 200, 200)),
    "/watches/{watch}/": ("get", None, (200, 200, 200, 200, 200), (200, 200, 404, 404, 404)),
    "/watches/{watch}/ ": ("delete", None, (204, 204, 403, 403, 401), (204, 204, 404, 404, 401)),
}
ROWS = [
    pytest.param(path, persona, is_published, id=f"{TABLE[path][0]} {path} {persona} {word}")
    for path in TABLE
    for persona in PERSONAS
    for is_published, word in ((True, "published"), (False, "draft"))
]


def parts_of(publication: Publication) -> dict[str, object]:
    """Make what the rows of the table are about; return the keys that their addresses name."""
    target = publication.targets.get(slug="figure-1")
    repository = publication.repositories.get()
    snapshot = repository.snapshots.get()
    environment = snapshot.environments.first() or make_environment(snapshot)
    certificate = certify(publication.targets.get(slug="figure-2"))
    prove(target, verdict="failed", cause=cause("module-missing", cell="1", module="toolz").as_dict())
    link, _ = issue_link(
        publication, name="R", days=7, further=[], scan={}, now=timezone.now(), issued_by=None, by=SERVICE
    )
    return {
        "environment": environment.pk,
        "build": environment.builds.get().pk,
        "publication": publication.pk,
        "repository": repository.pk,
        "snapshot": snapshot.pk,
        "target": target.pk,
        "proposed": publication.targets.get(slug="figure-3").pk,
        "run": request_run(target, reason=Run.Reason.CLICK, requested_by=None).pk,
        "watch": watch(target, every_days=30).pk,
        "certificate": certificate.pk,
        "leaf": certificate.entry.leaf,
        "link": link.pk,
    }


def address(path: str, publication: Publication) -> str:
    return f"/api/v1{path.strip()}".format_map(parts_of(publication))


@pytest.mark.parametrize(("path", "persona", "is_published"), ROWS)
def test_each_persona_is_answered_as_the_table_says(
    path: str, persona: str, is_published: bool, people: People, publication: Publication, draft: Publication
) -> None:
    method, body, published, drafted = TABLE[path]
    client = api_client(people.named(persona))
    answer = getattr(client, method)(address(path, publication if is_published else draft), body, format="json")
    assert answer.status_code == (published if is_published else drafted)[PERSONAS.index(persona)], answer.content


@pytest.mark.parametrize(
    "resource",
    [
        "publications",
        "repositories",
        "snapshots",
        "targets",
        "runs",
        "environments",
        "builds",
        "watches",
        "certificates",
    ],
)
@pytest.mark.parametrize(("persona", "count"), [("owner", 1), ("curator", 1), ("reader", 0), ("anonymous", 0)])
def test_a_list_holds_nothing_of_a_strangers_draft(
    resource: str, persona: str, count: int, people: People, draft: Publication
) -> None:
    address("/runs/{run}/", draft)
    listed = api_client(people.named(persona)).get(f"/api/v1/{resource}/").json()
    assert bool(listed["count"]) is bool(count)


@pytest.mark.parametrize(
    ("persona", "status"), [("owner", 201), ("curator", 201), ("reader", 403), ("stranger", 201), ("anonymous", 401)]
)
def test_authors_and_curators_register(persona: str, status: int, people: People) -> None:
    body = {"doi": "10.5072/new", "source_url": "https://git.example.org/a/b.git", "title": "New"}
    answer = api_client(people.named(persona)).post("/api/v1/publications/", body, format="json")
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("persona", "status"), [("owner", 201), ("curator", 201), ("reader", 403), ("stranger", 403), ("anonymous", 401)]
)
def test_the_owner_and_curators_watch(persona: str, status: int, people: People, publication: Publication) -> None:
    body = {"target": publication.targets.get(slug="figure-1").pk, "every_days": 7}
    assert api_client(people.named(persona)).post("/api/v1/watches/", body, format="json").status_code == status


def test_visitors_start_no_runs_where_the_operator_does_not_let_them(
    people: People, publication: Publication, settings: Settings
) -> None:
    settings.REPRISE_ANONYMOUS_RUNS = False
    path = address("/targets/{target}/reproduce/", publication)
    assert api_client(None).post(path).status_code == 401
    assert api_client(people.reader).post(path).status_code == 202


def test_who_asked_for_a_run_may_cancel_it(people: People, publication: Publication) -> None:
    target = publication.targets.get(slug="figure-1")
    run = request_run(target, reason=Run.Reason.API, requested_by=people.reader)
    assert api_client(people.reader).post(f"/api/v1/runs/{run.pk}/cancel/").json()["state"] == "cancelled"
