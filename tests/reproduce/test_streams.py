"""The live story of a run: what is sent, in which order, and when it ends."""

from __future__ import annotations

import asyncio
import uuid
from typing import cast

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.test import AsyncClient, Client, RequestFactory

from builder.models import Build
from catalog.models import Publication, Target
from reproduce import streams
from reproduce.models import Run, RunEvent
from reproduce.queue import cancel_run, request_run
from reproduce.streams import Follower, message
from tests.evidence import make_run


def follower(run: Run) -> Follower:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    return Follower(request, run.pk)


def say(run: Run, *lines: str) -> None:
    last = RunEvent.objects.filter(run=run).count()
    for number, line in enumerate(lines, start=last + 1):
        RunEvent.objects.create(run=run, seq=number, kind="run", text=line)


@pytest.fixture
def run(target: Target) -> Run:
    return request_run(target, reason=Run.Reason.CLICK, requested_by=None)


def test_a_message_gives_every_line_a_field_of_its_own() -> None:
    assert message("log", "one\ntwo", event_id=7) == "event: log\nid: 7\ndata: one\ndata: two\n\n"


def test_a_carriage_return_cannot_start_a_field() -> None:
    assert message("log", "one\rid: 99") == "event: log\ndata: one\ndata: id: 99\n\n"


def test_an_empty_message_still_has_data() -> None:
    assert message("done", "") == "event: done\ndata: \n\n"


def test_the_first_message_is_a_snapshot_with_the_lines_so_far(run: Run) -> None:
    say(run, "one", "two")
    following = follower(run)
    first = following.first()
    assert first.startswith("event: snapshot\nid: 2\n")
    assert "one" in first
    assert "two" in first
    assert not following.is_over


def test_only_what_is_new_follows_with_the_number_of_its_last_line(run: Run) -> None:
    say(run, "one")
    following = follower(run)
    following.first()
    assert following.next() == ""
    say(run, "two", "three")
    said = following.next()
    assert said.startswith("event: log\nid: 3\n")
    assert "one" not in said
    assert following.next() == ""


def test_a_change_of_state_is_sent_without_the_log(run: Run) -> None:
    following = follower(run)
    following.first()
    Run.objects.filter(pk=run.pk).update(state="running", cells_total=5, cells_done=2)
    said = following.next()
    assert said.startswith("event: state\n")
    assert "2 of 5 cells done" in said


def test_a_stage_of_the_build_is_sent_as_it_begins(run: Run) -> None:
    snapshot = run.target.repository.snapshots.get()
    build = Build.objects.create(snapshot=snapshot, stage="resolve")
    Run.objects.filter(pk=run.pk).update(state="preparing", build=build)
    following = follower(run)
    following.first()
    assert following.next() == ""
    Build.objects.filter(pk=build.pk).update(stage="install", stages=[{"stage": "resolve", "seconds": 3.0}])
    said = following.next()
    assert said.startswith("event: state\n")
    assert "resolve" in said
    assert "under way" in said


def test_lines_are_escaped_in_the_stream(run: Run) -> None:
    following = follower(run)
    following.first()
    say(run, "<script>alert(1)</script>\nevent: done")
    said = following.next()
    assert "<script>" not in said
    assert "\nevent: done" not in said


def test_all_lines_are_sent_before_the_end_is_told(run: Run) -> None:
    following = follower(run)
    following.first()
    say(run, *(f"line {number}" for number in range(streams.MOST_LINES_A_POLL + 1)))
    cancel_run(run)
    following.next()
    assert not following.is_over
    assert f"line {streams.MOST_LINES_A_POLL}" in following.next()
    following.next()
    assert following.is_over


def test_a_publication_withdrawn_while_one_watches_ends_the_stream(run: Run, publication: Publication) -> None:
    following = follower(run)
    following.first()
    Publication.objects.filter(pk=publication.pk).update(state="draft")
    with pytest.raises(Http404):
        following.next()


async def read(url: str) -> tuple[dict[str, str], str]:
    response = await AsyncClient().get(url)
    parts = [part.decode() async for part in response.streaming_content]
    return dict(response.headers), "".join(parts)


def test_the_stream_of_a_run_that_is_over_is_its_snapshot_and_the_end(target: Target) -> None:
    headers, text = async_to_sync(read)(f"/runs/{make_run(target).pk}/events")
    assert headers["Content-Type"] == "text/event-stream"
    assert headers["Cache-Control"] == "no-store"
    assert text.startswith("event: snapshot\n")
    assert text.endswith("\n\nevent: done\ndata: done\n\n")


class Silent:
    """A follower of a run that says nothing."""

    is_over = False

    def next(self) -> str:
        return ""


def test_a_quiet_stream_is_kept_alive_and_leaves_the_reader_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "POLL_S", 0.01)
    monkeypatch.setattr(streams, "KEEP_ALIVE_S", 0.02)
    monkeypatch.setattr(streams, "LONGEST_S", 0.2)

    async def collect() -> str:
        return "".join([part async for part in streams.follow(cast(Follower, Silent()), "first")])

    text = asyncio.run(collect())
    assert text.startswith("first: still here\n\n")
    assert "event: done" not in text


def test_nobody_is_led_to_a_login_by_the_stream_of_a_draft(draft: Publication, anonymous: Client) -> None:
    run = make_run(draft.targets.get(slug="figure-1"))
    response = anonymous.get(f"/runs/{run.pk}/events")
    assert response.status_code == 404


@pytest.mark.django_db
def test_a_run_that_is_none_is_not_found(anonymous: Client) -> None:
    assert anonymous.get(f"/runs/{uuid.uuid4()}/events").status_code == 404
