"""What an embargoed paper, and a group's draft, show to whom: every row of the two tables of permissions.

Each persona walks all rows in one test; what a row changes is taken back before the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from catalog.models import Publication
from catalog.search_index import index_publication
from tests.evidence import make_run, prove
from tests.personas import People, api_client, make_experiment
from tests.reproduce import test_api_permissions as api
from tests.reproduce import test_page_permissions as pages

# What everybody sees of an embargoed paper; the rest does not exist for who is not in its group.
PUBLIC_ROWS = {"/publications/{publication}/", "publication"}
# What tells nothing of a paper, whatever its state.
OF_NO_PAPER = {path for path in api.TABLE if path.startswith("/log/")} | {
    *("log", "verify", "status-list", "issuer", "certificate-context", "identities", "openid-login", "openid-callback"),
}
# These give their connection to the database back, and with it what a test has not committed.
STREAMS = {"run-events", "run-crate"}
# What only shows to those who may edit.
PROPOSALS = {"/targets/{proposed}/", "proposed"}
# What is refused to who sees the paper and may not edit it.
FOR_EDITORS = {"/publications/{publication}/ "} | {
    path for path in api.TABLE if path.startswith("/publications/{publication}/") and path.strip() not in PUBLIC_ROWS
}


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def account(people: People, persona: str) -> User | None:
    names = {"member": "mary", "manager": "max"}
    return User.objects.get(username=names[persona]) if persona in names else people.named(persona)


def expected_of_api(path: str, persona: str, *, is_draft: bool) -> int:
    _, _, published, drafted = api.TABLE[path]
    if persona in {"owner", "curator", "manager"}:
        return drafted[0]
    if persona == "member":
        return 404 if path in PROPOSALS else published[api.PERSONAS.index("reader")]
    column = api.PERSONAS.index("anonymous" if persona == "anonymous" else "stranger")
    if path in OF_NO_PAPER:
        return published[column]
    is_seen = not is_draft and path in PUBLIC_ROWS | FOR_EDITORS
    return published[column] if is_seen else drafted[column]


def expected_of_page(name: str, persona: str, *, is_draft: bool) -> int:
    _, published, drafted = pages.TABLE[name]
    if persona in {"owner", "curator", "manager"}:
        return drafted[0]
    if persona == "member":
        return published[pages.PERSONAS.index("reader")]
    column = pages.PERSONAS.index("anonymous" if persona == "anonymous" else "stranger")
    return published[column] if name in OF_NO_PAPER or (not is_draft and name in PUBLIC_ROWS) else drafted[column]


CASES = [
    *(("embargoed", persona) for persona in ("owner", "manager", "member", "stranger", "anonymous")),
    ("shared_draft", "member"),
]


@pytest.fixture
def shared_draft(draft: Publication) -> Publication:
    """A draft that belongs to a group."""
    make_experiment(draft)
    return draft


@pytest.mark.parametrize(("state", "persona"), CASES)
def test_the_api_answers_each_persona(persona: str, state: str, people: People, request: pytest.FixtureRequest) -> None:
    paper: Publication = request.getfixturevalue(state)
    client = api_client(account(people, persona))
    answers, expected = {}, {}
    parts = api.parts_of(paper)
    for path, (method, body, _, _) in api.TABLE.items():
        with taken_back():
            url = f"/api/v1{path.strip()}".format_map(parts)
            answers[path] = getattr(client, method)(url, body, format="json").status_code
        expected[path] = expected_of_api(path, persona, is_draft=state != "embargoed")
    assert answers == expected


@pytest.mark.parametrize(("state", "persona"), CASES)
def test_the_pages_answer_each_persona(
    persona: str, state: str, people: People, request: pytest.FixtureRequest
) -> None:
    paper: Publication = request.getfixturevalue(state)
    client = Client()
    if (user := account(people, persona)) is not None:
        client.force_login(user)
    answers, expected = {}, {}
    urls = pages.addresses(paper, make_run(paper.targets.get(slug="figure-1")))
    for name, (method, _, _) in pages.TABLE.items():
        if name in STREAMS:
            continue
        with taken_back():
            response = client.post(urls[name], {"every_days": 30}) if method == "post" else client.get(urls[name])
        answers[name] = response.status_code
        expected[name] = expected_of_page(name, persona, is_draft=state != "embargoed")
    assert answers == expected


@pytest.mark.parametrize("name", sorted(STREAMS))
@pytest.mark.parametrize(("persona", "status"), [("member", 200), ("stranger", 404), ("anonymous", 404)])
def test_a_stream_answers_each_persona(
    name: str, persona: str, status: int, people: People, embargoed: Publication
) -> None:
    client = Client()
    if (user := account(people, persona)) is not None:
        client.force_login(user)
    run = make_run(embargoed.targets.get(slug="figure-1"))
    assert client.get(pages.address(name, embargoed, run)).status_code == status


LISTS = ("repositories", "snapshots", "targets", "runs", "environments", "builds", "watches", "certificates")


@pytest.mark.parametrize(("persona", "is_open"), [("member", True), ("stranger", False), ("anonymous", False)])
def test_a_list_of_the_api_holds_nothing_of_an_embargoed_paper_for_others(
    persona: str, is_open: bool, people: People, embargoed: Publication
) -> None:
    api.address("/runs/{run}/", embargoed)
    client = api_client(account(people, persona))
    counts = {name: client.get(f"/api/v1/{name}/").json()["count"] > 0 for name in LISTS}
    assert counts == dict.fromkeys(LISTS, is_open)
    shown = client.get("/api/v1/publications/").json()["results"][0]
    assert (shown["state"], shown["embargo_until"], bool(shown["repositories"])) == ("embargoed", "2030-01-01", is_open)


@pytest.mark.parametrize(("persona", "is_open"), [("member", True), ("stranger", False), ("anonymous", False)])
def test_no_page_tells_others_what_came_of_an_embargoed_paper(
    persona: str, is_open: bool, people: People, embargoed: Publication
) -> None:
    embargoed.targets.filter(slug="figure-1").update(caption="Zeppelin")
    index_publication(embargoed)
    run = prove(embargoed.targets.get(slug="figure-1"))
    client = Client()
    if (user := account(people, persona)) is not None:
        client.force_login(user)
    doi = embargoed.doi
    paths = (
        "/",
        "/?q=Silica",
        "/?verdict=reproduced",
        "/facilities",
        "/facilities/example-source",
        f"/doi/{doi}",
        "/feed.atom",
        "/?q=zeppelin",
    )
    told = (
        "reproduced</a",
        "chip ok",
        "Figure 1",
        "figure-1",
        str(run.pk),
        "git.example.org",
        "<span>reproduced</span>",
        "100 %",
    )
    if not is_open:
        assert b"Silica" not in client.get("/?q=zeppelin").content
    for path in (*paths, f"/doi/{doi}?format=json", "/api/v1/facilities/", f"/badge/{doi}.svg"):
        content = client.get(path).content.decode()
        if not is_open:
            assert [word for word in told if word in content] == [], path
    assert ("figure-1" in client.get(f"/doi/{doi}").content.decode()) is is_open
    assert "1 January 2030" in client.get(f"/doi/{doi}").content.decode()


@pytest.mark.parametrize("form", ["svg", "json", "shields"])
def test_a_badge_of_an_embargoed_paper_is_that_of_an_unknown_one(
    form: str, owner: Client, embargoed: Publication
) -> None:
    prove(embargoed.targets.get(slug="figure-1"))
    unknown = owner.get(f"/badge/nothing.{form}").content
    assert owner.get(f"/badge/{embargoed.doi}.{form}").content == unknown
    assert owner.get(f"/badge/{embargoed.doi}/figure-1.{form}").content == unknown
