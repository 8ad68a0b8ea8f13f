"""Badges by address, for anybody, cached on the way and never an error."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from catalog.models import Evidence, Publication, Target
from reproduce.models import Run
from reproduce.queue import request_run
from tests.evidence import prove

GREY = "#5d6573"


def message(client: Client, url: str) -> str:
    return str(json.loads(client.get(url).content)["message"])


def test_the_badge_of_a_target_tells_verdict_and_age(target: Target, anonymous: Client) -> None:
    prove(target)
    evidence = Evidence.objects.get(target=target)
    Evidence.objects.update(seen_at=evidence.seen_at - timedelta(days=800), since=evidence.since - timedelta(days=900))
    assert message(anonymous, "/badge/10.5072/silica/figure-1.json").startswith("reproduced 2 years ago")


def test_the_badge_of_a_publication_counts_its_confirmed_targets(target: Target, anonymous: Client) -> None:
    prove(target)
    assert message(anonymous, "/badge/10.5072/silica.json").startswith("1 of 2 figures reproduced")


def test_the_three_forms_have_their_types(target: Target, anonymous: Client) -> None:
    types = {
        form: anonymous.get(f"/badge/10.5072/silica.{form}").headers["Content-Type"]
        for form in ("svg", "json", "shields")
    }
    assert types == {"svg": "image/svg+xml; charset=utf-8", "json": "application/json", "shields": "application/json"}
    assert json.loads(anonymous.get("/badge/10.5072/silica.shields").content)["schemaVersion"] == 1


@pytest.mark.parametrize(
    "name", ["10.5072/nothing", "10.5072/silica/figure-9", "10.5072/silica/figure-3", "no-doi", "a/b/c"]
)
def test_what_is_not_known_has_a_grey_badge(name: str, publication: Publication, anonymous: Client) -> None:
    response = anonymous.get(f"/badge/{name}.svg")
    assert response.status_code == 200
    assert GREY in response.content.decode()


@pytest.mark.parametrize("persona", ["owner", "curator", "anonymous"])
def test_a_draft_has_a_grey_badge_even_for_its_owner(
    persona: str, draft: Publication, request: pytest.FixtureRequest
) -> None:
    prove(draft.targets.get(slug="figure-1"))
    client: Client = request.getfixturevalue(persona)
    assert message(client, f"/badge/{draft.doi}/figure-1.json") == "unknown"


def test_a_first_run_under_way_shows_on_the_badge(target: Target, anonymous: Client) -> None:
    request_run(target, reason=Run.Reason.CLICK, requested_by=None)
    assert message(anonymous, "/badge/10.5072/silica/figure-1.json") == "running"


def test_a_badge_is_asked_for_again_and_sent_only_when_it_changed(target: Target, anonymous: Client) -> None:
    url = "/badge/10.5072/silica/figure-1.svg"
    first = anonymous.get(url)
    assert first.headers["Cache-Control"] == "no-cache"
    assert not first.headers["ETag"].startswith("W/")
    assert anonymous.get(url, headers={"if-none-match": first.headers["ETag"]}).status_code == 304
    prove(target)
    assert anonymous.get(url, headers={"if-none-match": first.headers["ETag"]}).status_code == 200


def test_other_sites_may_show_a_badge(target: Target, anonymous: Client) -> None:
    headers = anonymous.get("/badge/10.5072/silica.svg").headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
