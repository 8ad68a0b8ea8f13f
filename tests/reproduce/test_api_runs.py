"""Targets and runs in the API: asked for, followed, read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from pytest_django import Settings
from rest_framework.test import APIClient

from builder.prepare import artefact_store
from catalog.evidence import record
from catalog.models import Publication, Target, Technique, TechniqueAncestor
from reproduce.models import Run, RunEvent
from tests.personas import COMMIT, People, api_client

CAUSE = {"id": "outputs-differ", "fault": "author", "message": "m", "hint": "h"}


@pytest.fixture
def api(people: People) -> APIClient:
    return api_client(people.owner)


@pytest.fixture
def finished(target: Target) -> Run:
    """A run that ended with a difference, and the evidence it left."""
    kept = artefact_store().put_bytes(json.dumps({"schema": "reprise.reproduction/1"}).encode())
    run = Run.objects.create(
        target=target,
        reason=Run.Reason.CLICK,
        state=Run.State.DONE,
        verdict="differs",
        cause=CAUSE,
        sandbox={"kind": "bubblewrap"},
        snapshot=target.repository.snapshots.get(),
        comparison={"version": 1, "counts": {"differs": 1}, "cells": []},
        artefacts={
            "verdict.json": {"sha256": kept.sha256, "size_bytes": kept.size_bytes, "media_type": "application/json"},
            "kernel.log": {"sha256": "0" * 64, "size_bytes": 0, "media_type": "text/plain"},
        },
    )
    record(
        target,
        verdict="differs",
        cause=CAUSE,
        run=run.pk,
        commit=COMMIT,
        is_sandboxed=True,
        is_approximated=False,
        seen_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    return run


def test_reproducing_a_target_answers_with_the_run_and_its_address(api: APIClient, target: Target) -> None:
    answer = api.post(f"/api/v1/targets/{target.pk}/reproduce/")
    assert answer.status_code == 202
    run = answer.json()
    assert (run["state"], run["verdict"], run["reason"]) == ("queued", None, "api")
    assert answer["Location"].endswith(f"/api/v1/runs/{run['id']}/")
    assert api.get(answer["Location"]).json()["id"] == run["id"]


def test_one_run_serves_everybody_who_asks(api: APIClient, target: Target) -> None:
    first = api.post(f"/api/v1/targets/{target.pk}/reproduce/").json()
    second = api_client(None).post(f"/api/v1/targets/{target.pk}/reproduce/").json()
    assert first["id"] == second["id"]


def test_visitors_runs_are_bounded_by_address_and_accounts_are_not(
    api: APIClient, target: Target, settings: Settings
) -> None:
    settings.REPRISE_ANONYMOUS_RATE = "2/hour"
    cache.clear()
    path = f"/api/v1/targets/{target.pk}/reproduce/"
    assert [api_client(None).post(path).status_code for _ in range(3)] == [202, 202, 429]
    assert int(api_client(None).post(path)["Retry-After"]) > 0
    assert api.post(path).status_code == 202


def test_a_target_shows_its_evidence_or_null(api: APIClient, target: Target, finished: Run) -> None:
    shown = api.get(f"/api/v1/targets/{target.pk}/").json()
    assert (shown["evidence"]["verdict"], shown["evidence"]["run"]) == ("differs", str(finished.pk))
    other = Target.objects.get(slug="figure-2")
    assert api.get(f"/api/v1/targets/{other.pk}/").json()["evidence"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"verdict": "differs"}, 1),
        ({"verdict": "none"}, 1),
        ({"verdict": "identical"}, 0),
        ({"doi": "10.5072/SILICA"}, 2),
        ({"facility": "example-source", "kind": "figure"}, 2),
        ({"state": "confirmed"}, 2),
        ({"since": "2026-01-01T00:00:00Z"}, 1),
        ({"since": "2026-02-01T00:00:00Z"}, 0),
    ],
)
def test_targets_are_filtered(query: dict[str, str], count: int, finished: Run) -> None:
    assert api_client(None).get("/api/v1/targets/", query).json()["count"] == count


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"verdict": "differs"}, 1),
        ({"verdict": "none"}, 0),
        ({"state": "done"}, 1),
        ({"state": "queued"}, 0),
        ({"doi": "10.5072/silica"}, 1),
        ({"facility": "elsewhere"}, 0),
    ],
)
def test_runs_are_filtered(query: dict[str, str], count: int, finished: Run) -> None:
    assert api_client(None).get("/api/v1/runs/", query).json()["count"] == count


@pytest.mark.parametrize(("resource", "count"), [("targets", 2), ("runs", 1)])
def test_targets_and_runs_are_filtered_by_technique_and_by_broader_ones(
    resource: str, count: int, finished: Run, publication: Publication
) -> None:
    narrow = publication.techniques.get()
    broad, other = (Technique.objects.create(name=name) for name in ("scattering", "imaging"))
    for pair in ((narrow, narrow), (narrow, broad)):
        TechniqueAncestor.objects.create(technique=pair[0], ancestor=pair[1])
    counts = {
        technique.name: api_client(None).get(f"/api/v1/{resource}/", {"technique": technique.pk}).json()["count"]
        for technique in (narrow, broad, other)
    }
    assert counts == {narrow.name: count, "scattering": count, "imaging": 0}


def test_a_run_shows_its_verdict_and_comparison(api: APIClient, finished: Run) -> None:
    shown = api.get(f"/api/v1/runs/{finished.pk}/").json()
    assert (shown["verdict"], shown["cause"]["id"], shown["commit"]) == ("differs", "outputs-differ", COMMIT)
    assert shown["comparison"]["counts"] == {"differs": 1}
    assert shown["is_sandboxed"] is True


def test_the_list_of_runs_leaves_the_comparisons_out(api: APIClient, finished: Run) -> None:
    assert "comparison" not in api.get("/api/v1/runs/").json()["results"][0]


def test_events_come_after_the_number_asked_for(api: APIClient, finished: Run) -> None:
    for seq in range(1, 4):
        RunEvent.objects.create(run=finished, seq=seq, kind="run", text=f"line {seq}")
    story = api.get(f"/api/v1/runs/{finished.pk}/events/", {"after": 1}).json()
    assert [event["text"] for event in story["events"]] == ["line 2", "line 3"]
    assert (story["last"], story["is_active"], story["state"]) == (3, False, "done")
    assert api.get(f"/api/v1/runs/{finished.pk}/events/", {"after": 3}).json()["last"] == 3


def test_at_most_500_events_come_at_once(api: APIClient, finished: Run) -> None:
    RunEvent.objects.bulk_create(RunEvent(run=finished, seq=seq, kind="run", text="x") for seq in range(1, 503))
    story = api.get(f"/api/v1/runs/{finished.pk}/events/").json()
    assert (len(story["events"]), story["last"]) == (500, 500)


def test_artefacts_are_listed_with_their_digests(api: APIClient, finished: Run) -> None:
    listed = api.get(f"/api/v1/runs/{finished.pk}/artefacts/").json()
    assert [one["name"] for one in listed] == ["kernel.log", "verdict.json"]
    assert listed[0]["sha256"] == "0" * 64
    assert listed[0]["url"].endswith(f"/runs/{finished.pk}/artefacts/kernel.log")


def test_the_statement_is_served_as_it_was_kept(api: APIClient, finished: Run) -> None:
    assert api.get(f"/api/v1/runs/{finished.pk}/statement/").json() == {"schema": "reprise.reproduction/1"}


def test_a_run_without_a_statement_has_none(api: APIClient, target: Target) -> None:
    run = Run.objects.create(target=target, reason=Run.Reason.CLICK)
    assert api.get(f"/api/v1/runs/{run.pk}/statement/").status_code == 404


def test_a_statement_that_is_lost_is_a_fault_of_ours(api: APIClient, finished: Run) -> None:
    finished.artefacts["verdict.json"]["sha256"] = "1" * 64
    finished.save(update_fields=["artefacts"])
    answer = api.get(f"/api/v1/runs/{finished.pk}/statement/")
    assert (answer.status_code, answer.json()["cause"]["id"]) == (404, "artefact-missing")


def test_cancelling_a_waiting_run_ends_it_and_a_finished_one_stays(
    api: APIClient, target: Target, finished: Run
) -> None:
    waiting = api.post(f"/api/v1/targets/{target.pk}/reproduce/").json()
    assert api.post(f"/api/v1/runs/{waiting['id']}/cancel/").json()["state"] == "cancelled"
    assert api.post(f"/api/v1/runs/{finished.pk}/cancel/").json()["state"] == "done"


def test_editing_a_target_confirms_it_and_a_changed_claim_loses_its_evidence(
    api: APIClient, publication: Publication, target: Target, finished: Run
) -> None:
    path = f"/api/v1/targets/{target.pk}/"
    assert api.patch(path, {"caption": "Other words"}, format="json").json()["evidence"] is not None
    changed = api.patch(path, {"rtol": 0.01}, format="json").json()
    assert (changed["rtol"], changed["evidence"], changed["slug"]) == (0.01, None, "figure-1")
    proposed = publication.targets.get(slug="figure-3")
    edited = api.patch(f"/api/v1/targets/{proposed.pk}/", {}, format="json").json()
    assert (edited["state"], edited["position"]) == ("confirmed", 2)


def test_threads_and_backend_of_a_target_may_be_declared_and_the_rest_stays(api: APIClient, target: Target) -> None:
    path = f"/api/v1/targets/{target.pk}/"
    changed = api.patch(path, {"threads": 4, "matplotlib_backend": "svg"}, format="json").json()
    assert (changed["threads"], changed["matplotlib_backend"]) == (4, "svg")
    again = api.patch(path, {"matplotlib_backend": ""}, format="json").json()
    assert (again["threads"], again["matplotlib_backend"]) == (4, "")


@pytest.mark.parametrize("declared", [{"threads": 0}, {"threads": 65}, {"matplotlib_backend": "tkagg"}], ids=str)
def test_threads_and_backend_beyond_the_bounds_are_refused(
    declared: dict[str, object], api: APIClient, target: Target
) -> None:
    assert api.patch(f"/api/v1/targets/{target.pk}/", declared, format="json").status_code == 400


def test_how_the_comparison_judges_a_target_may_be_declared_and_changes_its_claim(
    api: APIClient, target: Target, finished: Run
) -> None:
    path = f"/api/v1/targets/{target.pk}/"
    declared = {"image_limit": 2.5, "disabled_rules": ["timings", "literal-order"]}
    changed = api.patch(path, declared, format="json").json()
    assert (changed["image_limit"], changed["disabled_rules"]) == (2.5, ["literal-order", "timings"])
    assert changed["evidence"] is None
    assert api.patch(path, {"caption": "Other"}, format="json").json()["image_limit"] == 2.5


@pytest.mark.parametrize(
    "declared", [{"image_limit": -1}, {"disabled_rules": ["no-such"]}, {"disabled_rules": "timings"}], ids=str
)
def test_an_unknown_rule_or_a_limit_below_zero_is_refused(
    declared: dict[str, object], api: APIClient, target: Target
) -> None:
    assert api.patch(f"/api/v1/targets/{target.pk}/", declared, format="json").status_code == 400


def test_a_target_names_its_hosts_where_the_operator_permits_them(
    api: APIClient, target: Target, settings: Settings
) -> None:
    path = f"/api/v1/targets/{target.pk}/"
    wanted = {"allowed_hosts": ["Data.example.org"]}
    refused = api.patch(path, wanted, format="json")
    assert (refused.status_code, refused.json()["cause"]["id"]) == (503, "host-not-permitted")
    settings.REPRISE_RUN_HOSTS = ["*"]
    malformed = api.patch(path, {"allowed_hosts": ["127.0.0.1"]}, format="json")
    assert (malformed.status_code, malformed.json()["cause"]["id"]) == (400, "host-malformed")
    assert api.patch(path, wanted, format="json").json()["allowed_hosts"] == ["data.example.org"]
    assert api.patch(path, {"caption": "Other words"}, format="json").json()["allowed_hosts"] == ["data.example.org"]
    assert api.patch(path, {"allowed_hosts": []}, format="json").json()["allowed_hosts"] == []


@pytest.mark.parametrize(
    "notebook", ["../../etc/secret.ipynb", "/etc/secret.ipynb", "a//b.ipynb", "a.txt", ".\\a.ipynb"]
)
def test_a_target_cannot_name_a_file_outside_its_repository(notebook: str, api: APIClient, target: Target) -> None:
    answer = api.patch(f"/api/v1/targets/{target.pk}/", {"notebook": notebook}, format="json")
    assert (answer.status_code, answer.json()["cause"]["id"]) == (404, "notebook-missing")
    target.refresh_from_db()
    assert target.notebook == "notebooks/figure-1.ipynb"


def test_watching_twice_changes_how_often_and_deleting_ends_it(api: APIClient, target: Target) -> None:
    first = api.post("/api/v1/watches/", {"target": target.pk, "every_days": 7}, format="json")
    second = api.post("/api/v1/watches/", {"target": target.pk, "every_days": 14}, format="json")
    assert first.json()["id"] == second.json()["id"]
    assert api.get("/api/v1/watches/", {"target": target.pk}).json()["results"][0]["every_days"] == 14
    assert api.delete(second["Location"]).status_code == 204
    assert api.get("/api/v1/watches/").json()["count"] == 0


def test_a_strangers_target_cannot_be_told_from_none(people: People, draft: Publication) -> None:
    hidden = draft.targets.get(slug="figure-1").pk
    answers = [
        api_client(people.stranger).post("/api/v1/watches/", {"target": key}, format="json") for key in (hidden, 10**9)
    ]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (400, {"target": ["There is no such target."]})
    ] * 2
