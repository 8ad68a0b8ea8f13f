"""What the pages of a run say, and how its artefacts are given."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client

from builder.errors import BuildError
from catalog.models import Target
from reproduce.models import Run
from reproduce.queue import request_run
from tests.evidence import make_run
from tests.personas import People


def test_a_run_under_way_shows_its_progress_and_follows_the_stream(target: Target, anonymous: Client) -> None:
    run = request_run(target, reason=Run.Reason.CLICK, requested_by=None)
    Run.objects.filter(pk=run.pk).update(state="running", cells_total=9, cells_done=4)
    page = anonymous.get(run.get_absolute_url()).content.decode()
    assert "4 of 9 cells done" in page
    assert 'value="4" max="9"' in page
    assert f'sse-connect="/runs/{run.pk}/events"' in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page


def test_a_run_that_is_over_loads_no_stream(target: Target, anonymous: Client) -> None:
    page = anonymous.get(make_run(target).get_absolute_url()).content.decode()
    assert "sse-connect" not in page
    assert "http-equiv" not in page
    assert '<p class="word">reproduced</p>' in page


@pytest.mark.parametrize(
    ("verdict", "run_s", "is_compared", "marks"),
    [
        ("reproduced", 4.2, True, ["done"] * 4),
        ("failed", 4.2, False, ["done", "done", "stopped", "ahead"]),
        ("unbuildable", None, False, ["done", "stopped", "ahead", "ahead"]),
    ],
    ids=["compared", "failed", "unbuildable"],
)
def test_only_the_steps_that_a_run_took_are_ticked(
    verdict: str, run_s: float | None, is_compared: bool, marks: list[str], target: Target, anonymous: Client
) -> None:
    run = make_run(target, verdict=verdict)
    run.run_s = run_s
    if not is_compared:
        run.comparison = None
    run.save()
    page = anonymous.get(run.get_absolute_url()).content.decode()
    assert re.findall(r'<li class="(\w+)" >', page.partition("Steps of the run")[2].partition("</ol>")[0]) == marks


def test_lines_of_the_story_are_escaped(target: Target, anonymous: Client) -> None:
    page = anonymous.get(make_run(target).get_absolute_url()).content.decode()
    assert "The kernel &lt;b&gt;is&lt;/b&gt; ready." in page


def test_a_run_page_is_never_cached(target: Target, anonymous: Client) -> None:
    assert "no-store" in anonymous.get(make_run(target).get_absolute_url()).headers["Cache-Control"]


def test_who_asked_for_a_run_may_end_it(target: Target, people: People, reader: Client, anonymous: Client) -> None:
    run = request_run(target, reason=Run.Reason.CLICK, requested_by=people.reader)
    assert "Cancel" in reader.get(run.get_absolute_url()).content.decode()
    assert "Cancel" not in anonymous.get(run.get_absolute_url()).content.decode()
    reader.post(f"/runs/{run.pk}/cancel")
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED


@pytest.mark.parametrize("state", ["preparing", "running", "comparing"])
def test_a_run_under_way_that_is_cancelled_is_told_as_cancelled_at_once(
    state: str, target: Target, people: People, reader: Client
) -> None:
    run = request_run(target, reason=Run.Reason.CLICK, requested_by=people.reader)
    Run.objects.filter(pk=run.pk).update(state=state, claim=uuid.uuid4())
    page = reader.post(f"/runs/{run.pk}/cancel", follow=True).content.decode()
    assert "cancelled" in page.lower()
    assert '<button class="secondary small">Cancel</button>' not in page


def test_a_run_that_could_not_be_built_shows_the_line_that_says_so(target: Target, anonymous: Client) -> None:
    refused = BuildError("requirement-not-found", requirement="nosuch", as_of="2018-01-01")
    why = refused.seen_in("Because <nosuch> was not found").cause.as_dict()
    run = Run.objects.create(target=target, state=Run.State.DONE, verdict="unbuildable", cause=why)
    shown = anonymous.get(f"/runs/{run.pk}").content.decode()
    assert 'Seen in: <code class="break">Because &lt;nosuch&gt; was not found</code>' in shown


def test_a_run_without_a_verdict_names_the_service_as_the_cause(target: Target, anonymous: Client) -> None:
    cause = {"id": "worker-lost", "fault": "service", "message": "It was interrupted.", "hint": ""}
    run = Run.objects.create(target=target, reason=Run.Reason.CLICK, state="done", cause=cause)
    page = anonymous.get(run.get_absolute_url()).content.decode()
    assert '<p class="word">no verdict</p>' in page
    assert "It lies with this service." in page


@pytest.mark.parametrize(
    ("name", "content_type", "disposition"),
    [
        ("cell-2-0-fresh.png", "image/png", "inline"),
        ("drawing.svg", "image/svg+xml", "inline"),
        ("report.html", "text/html; charset=utf-8", "inline"),
        ("executed.ipynb", "application/octet-stream", "attachment"),
        ("verdict.json", "application/json", "inline"),
    ],
)
def test_an_artefact_is_given_so_that_it_can_do_nothing(
    name: str, content_type: str, disposition: str, target: Target, anonymous: Client
) -> None:
    response = anonymous.get(f"/runs/{make_run(target).pk}/artefacts/{name}")
    assert response.headers["Content-Type"] == content_type
    assert response.headers.get("Content-Disposition", "inline").startswith(disposition)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script" not in policy


def test_a_type_that_a_notebook_made_up_is_not_believed(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    run.artefacts["cell-9-0-fresh.bin"] = {**run.artefacts["report.html"], "media_type": "text/xml"}
    run.save()
    response = anonymous.get(f"/runs/{run.pk}/artefacts/cell-9-0-fresh.bin")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_an_artefact_may_be_saved_instead_of_shown(target: Target, anonymous: Client) -> None:
    response = anonymous.get(f"/runs/{make_run(target).pk}/artefacts/report.html?download")
    assert response.headers["Content-Disposition"] == 'attachment; filename="report.html"'


def test_an_artefact_is_kept_by_browsers_for_ever_and_not_sent_twice(target: Target, anonymous: Client) -> None:
    url = f"/runs/{make_run(target).pk}/artefacts/cell-2-0-fresh.png"
    first = anonymous.get(url)
    assert "immutable" in first.headers["Cache-Control"]
    again = anonymous.get(url, headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("name", ["nothing.png", "..%2f..%2fsecret-key", "%2fetc%2fpasswd"])
def test_a_name_that_the_run_does_not_list_is_not_found(name: str, target: Target, anonymous: Client) -> None:
    assert anonymous.get(f"/runs/{make_run(target).pk}/artefacts/{name}").status_code == 404


def test_an_artefact_lost_from_the_store_is_said_to_be_lost(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    run.artefacts["verdict.json"]["sha256"] = "0" * 64
    run.save()
    response = anonymous.get(f"/runs/{run.pk}/artefacts/verdict.json", headers={"accept": "text/html"})
    assert response.status_code == 404
    assert b"artefact-missing" in response.content


def test_the_thumbnail_is_the_re_run_picture(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    thumbnail = anonymous.get(f"/runs/{run.pk}/thumbnail")
    fresh = anonymous.get(f"/runs/{run.pk}/artefacts/cell-2-0-fresh.png")
    assert thumbnail.content == fresh.content


def test_a_run_without_pictures_is_shown_by_the_published_one(target: Target, anonymous: Client) -> None:
    run = Run.objects.create(target=target, reason=Run.Reason.CLICK, state="done", verdict="failed")
    assert anonymous.get(f"/runs/{run.pk}/thumbnail").headers["Location"] == f"/figures/{target.pk}"


def test_the_executed_notebook_stands_in_a_frame_that_may_do_nothing(target: Target, anonymous: Client) -> None:
    run = make_run(target)
    page = anonymous.get(f"/runs/{run.pk}/notebook").content.decode()
    assert f'sandbox="" title="Executed notebook" src="/runs/{run.pk}/notebook/content"' in page
    content = anonymous.get(f"/runs/{run.pk}/notebook/content")
    assert content.headers["Content-Security-Policy"].endswith("sandbox")
