"""The RO-Crate of a run: its ZIP, and the same documents at addresses below which the run's files lie."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import close_old_connections
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET, require_safe

from reproduce.crate import MEDIA_TYPE, METADATA
from reproduce.models import Run
from reproduce.run_crate import crate_chunks, crate_texts, has_crate
from reproduce.run_views import visible_run


@require_safe
def crate_document(request: HttpRequest, run_id: uuid.UUID, name: str) -> HttpResponse:
    """Give the metadata or the README of a run's crate; what they name lies below the same address."""
    text = crate_texts(_run_with_crate(request, run_id))[name]
    kind = MEDIA_TYPE if name == METADATA else "text/markdown; charset=utf-8"
    return HttpResponse(text, content_type=kind, headers={"Cache-Control": "private, no-cache"})


@require_GET
async def crate_zip(request: HttpRequest, run_id: uuid.UUID) -> HttpResponseBase:
    """Stream the crate as a ZIP that is made as it is read; with `?web` its workflow is the notebook at its address."""

    def begin() -> Iterator[bytes]:
        # Nothing after this asks the database, so that a slow reader holds no connection to it.
        try:
            is_on_web = "web" in request.GET
            if is_on_web:
                visible_run(AnonymousUser(), run_id)
            return crate_chunks(_run_with_crate(request, run_id), is_on_web=is_on_web)
        finally:
            close_old_connections()

    return StreamingHttpResponse(
        _follow(await sync_to_async(begin)()),
        content_type="application/zip",
        headers={
            "Cache-Control": "private, no-cache",
            "Content-Disposition": f'attachment; filename="reprise-{run_id}.zip"',
        },
    )


def _run_with_crate(request: HttpRequest, run_id: uuid.UUID) -> Run:
    run = visible_run(request.user, run_id)
    if not has_crate(run):
        raise Http404("it left no notebook, or is not over")
    return run


async def _follow(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = sync_to_async(lambda: next(chunks, None))
    while (chunk := await following()) is not None:
        yield chunk
