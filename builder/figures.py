"""The published figure of a target, as the notebook in the newest snapshot holds it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.templatetags.static import static
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from builder.errors import SnapshotError
from builder.models import Snapshot
from builder.snapshot.reading import read_notebook
from catalog.foreign import FOREIGN_POLICY
from catalog.models import Target

_TYPES: Final = ("image/svg+xml", "image/png", "image/jpeg", "image/gif")


@dataclass(frozen=True, slots=True)
class StoredFigure:
    """A picture that a notebook holds."""

    media_type: str
    data: bytes


@require_safe
def published_figure(request: HttpRequest, target_id: int) -> HttpResponse:
    """Give the picture that the target's notebook holds, or an empty graph where it holds none."""
    target = get_object_or_404(Target.objects.visible_to(request.user), pk=target_id)
    figure = _of_target(target)
    if figure is None:
        return redirect(static("no-figure.svg"))
    etag = f'"{hashlib.sha256(figure.data).hexdigest()}"'
    headers = {
        "Content-Security-Policy": FOREIGN_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=300",
        "ETag": etag,
    }
    response = HttpResponse(figure.data, content_type=figure.media_type, headers=headers)
    conditional = get_conditional_response(request, etag=etag, response=response)
    return conditional if isinstance(conditional, HttpResponse) else response


def _of_target(target: Target) -> StoredFigure | None:
    snapshot = Snapshot.objects.filter(repository=target.repository_id, state=Snapshot.State.READY).first()
    if snapshot is None:
        return None
    root = Path(snapshot.path).resolve()
    path = (root / target.notebook).resolve()
    # The path is an author's word: it may not lead out of the snapshot.
    if not path.is_relative_to(root) or not path.is_file():
        return None
    try:
        return stored_figure(read_notebook(path, name=target.notebook).cells, target.cells)
    except SnapshotError:
        # What cannot be read has no picture; the run says why, this list need not.
        return None


def stored_figure(cells: Iterable[Any], wanted: Iterable[str]) -> StoredFigure | None:  # Any: nbformat's nodes
    """Return the first picture of the cells whose ids are `wanted`, of all cells if none is."""
    ids = frozenset(wanted)
    for cell in cells:
        if cell.get("cell_type") != "code" or (ids and cell.get("id") not in ids):
            continue
        for output in cell.get("outputs", ()):
            figure = _of_bundle(output.get("data") or {})
            if figure is not None:
                return figure
    return None


def _of_bundle(data: dict[str, Any]) -> StoredFigure | None:  # Any: as above
    for media_type in _TYPES:
        held = data.get(media_type)
        if held is None:
            continue
        text = "".join(held) if isinstance(held, list) else str(held)
        if media_type == "image/svg+xml":
            return StoredFigure(media_type, text.encode())
        try:
            return StoredFigure(media_type, base64.b64decode("".join(text.split()), validate=True))
        except (binascii.Error, ValueError):
            continue
    return None
