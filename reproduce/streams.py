"""The live story of a run as server-sent events: `snapshot` replaces all, `log` adds lines, `done` ends it.

Its source is the database, so that any web process may serve it, and a reader that comes back loses nothing.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from reproduce.models import Run, RunEvent
from reproduce.progress import progress_of
from reproduce.run_views import visible_run

POLL_S: Final = 0.5
KEEP_ALIVE_S: Final = 20.0
LONGEST_S: Final = 3600.0
MOST_LINES_A_POLL: Final = 200


@dataclass(slots=True)
class Follower:
    """Where one reader of one run is: the last line sent, and the last state."""

    request: HttpRequest
    run_id: uuid.UUID
    last_seq: int = 0
    last_state: tuple[object, ...] = field(default=())
    is_over: bool = False

    def first(self) -> str:
        """Return the `snapshot`, with the state and the last lines."""
        run = visible_run(self.request.user, self.run_id)
        context = progress_of(run, self.request.user)
        self.last_seq = context["lines"][-1].seq if context["lines"] else 0
        self.last_state = _state_of(run)
        self.is_over = not run.is_active
        text = render_to_string("reproduce/_run.html", context, request=self.request)
        return message("snapshot", text, event_id=self.last_seq)

    def next(self) -> str:
        """Return what is new since the last call, or an empty string."""
        lines = list(
            RunEvent.objects.filter(run=self.run_id, seq__gt=self.last_seq).order_by("seq")[:MOST_LINES_A_POLL]
        )
        said = []
        if lines:
            self.last_seq = lines[-1].seq
            text = render_to_string("reproduce/_lines.html", {"lines": lines})
            said.append(message("log", text, event_id=self.last_seq))
        run = visible_run(self.request.user, self.run_id)
        if _state_of(run) != self.last_state:
            self.last_state = _state_of(run)
            context = progress_of(run, self.request.user)
            said.append(message("state", render_to_string("reproduce/_state.html", context, request=self.request)))
        # The last lines are sent before the end is told, however many there are.
        self.is_over = not run.is_active and not lines
        return "".join(said)


@require_GET
async def events(request: HttpRequest, run_id: uuid.UUID) -> HttpResponseBase:
    """Stream the run to whoever may see it; nobody is led to a login here."""
    follower = Follower(request, run_id)
    first = await _in_thread(follower.first)
    return StreamingHttpResponse(
        follow(follower, first),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def follow(follower: Follower, first: str) -> AsyncIterator[str]:
    yield first
    started = spoke = time.monotonic()
    while not follower.is_over and time.monotonic() - started < LONGEST_S:
        await asyncio.sleep(POLL_S)
        said = await _in_thread(follower.next)
        if said:
            spoke = time.monotonic()
            yield said
        elif time.monotonic() - spoke >= KEEP_ALIVE_S:
            spoke = time.monotonic()
            yield ": still here\n\n"
    if follower.is_over:
        yield message("done", "done")


async def _in_thread(call: Callable[[], str]) -> str:
    """Run a poll in a thread and give its database connection back, so that a waiting reader holds none."""

    def poll() -> str:
        try:
            return call()
        finally:
            close_old_connections()

    return await sync_to_async(poll)()


def message(event: str, data: str, *, event_id: int | None = None) -> str:
    """Return one message of the stream (WHATWG HTML, 9.2): every line of `data` has its own field."""
    lines = [f"event: {event}"]
    if event_id is not None:
        lines.append(f"id: {event_id}")
    lines.extend(f"data: {line}" for line in data.splitlines() or [""])
    return "\n".join(lines) + "\n\n"


def _state_of(run: Run) -> tuple[object, ...]:
    build = (run.build.state, run.build.stage, len(run.build.stages)) if run.build else ()
    return (run.state, run.verdict, run.cells_done, run.cells_total, run.attempts, run.cancel_requested_at, *build)
