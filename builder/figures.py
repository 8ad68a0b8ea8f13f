"""The published figure of a target, as the notebook in the newest snapshot holds it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
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
from catalog.exposure.record import File
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


def figure_file(target: Target, url: str) -> File | None:
    """Return what `published_figure` gives at `url`, None where the target's notebook holds no picture."""
    path = _notebook_of(target)
    if path is None:
        return None
    found = path.stat()
    # Records are made anew with every verdict, and what a snapshot holds seldom changes.
    return _measured(path, found.st_mtime_ns, found.st_size, target.notebook, tuple(target.cells), target.label, url)


@lru_cache(maxsize=512)
def _measured(
    path: Path, _changed_ns: int, _size: int, name: str, cells: tuple[str, ...], label: str, url: str
) -> File | None:
    figure = _of_notebook(path, name, cells)
    if figure is None:
        return None
    digest = hashlib.sha256(figure.data).hexdigest()
    return File(label, len(figure.data), figure.media_type, digest, url=url)


def _of_target(target: Target) -> StoredFigure | None:
    path = _notebook_of(target)
    return _of_notebook(path, target.notebook, target.cells) if path else None


def _notebook_of(target: Target) -> Path | None:
    snapshot = Snapshot.objects.filter(repository=target.repository_id, state=Snapshot.State.READY).first()
    if snapshot is None:
        return None
    root = Path(snapshot.path).resolve()
    path = (root / target.notebook).resolve()
    # The path is an author's word: it may not lead out of the snapshot.
    return path if path.is_relative_to(root) and path.is_file() else None


def _of_notebook(path: Path, name: str, cells: Iterable[str]) -> StoredFigure | None:
    try:
        return stored_figure(read_notebook(path, name=name).cells, cells)
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
