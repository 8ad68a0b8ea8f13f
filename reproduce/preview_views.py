"""Addresses at which a page looks into a file of a dataset: those of h5grove's own servers, and a picture."""

from __future__ import annotations

import hashlib
from typing import Final, cast

import structlog
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from catalog.causes import CausedError
from catalog.foreign import FOREIGN_POLICY
from catalog.models import Dataset
from reproduce.errors import RunError
from reproduce.preview.question import FORMATS, Format, Part, Question
from reproduce.preview_files import PreviewFile, is_open_to_all, preview_file
from reproduce.preview_pictures import picture_of
from reproduce.previewing import fingerprint_of, look

log = structlog.get_logger(__name__)

# As config.errors has them: what asks here asks as it would ask h5grove, and takes a message.
STATUSES: Final = {
    "preview-missing": 404,
    "preview-not-here": 503,
    "preview-too-large": 413,
    "preview-unreadable": 422,
    "preview-busy": 503,
    "sandbox-missing": 503,
}
RETRY_AFTER_S: Final = "5"
_TYPES: Final[dict[str, str]] = {
    "json": "application/json",
    "bin": "application/octet-stream",
    "npy": "application/octet-stream",
    "csv": "text/csv; charset=utf-8",
    "tiff": "image/tiff",
}
_SAVED: Final = frozenset({"npy", "csv", "tiff"})
_MOST_CHARACTERS: Final = 4_000


@require_safe
def preview_h5(request: HttpRequest, doi: str, key: str, part: str) -> HttpResponse:
    """Answer what one of h5grove's servers would; which file is meant, the address says and not `file`."""
    dataset, file = preview_file(request.user, doi, key)
    try:
        question = _question(request, cast(Part, part), file)
        tag = _tag(file, question)
        if (known := get_conditional_response(request, etag=tag)) is not None and known.status_code == 304:
            return _kept(known, dataset, tag)
        body = look(file, question)
    except CausedError as error:
        return refused(error)
    response = HttpResponse(body, content_type=_TYPES[question.format])
    if question.format in _SAVED:
        name = f"{file.path.rpartition('/')[2]}.{question.format}"
        response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return _kept(response, dataset, tag)


@require_safe
def preview_picture(request: HttpRequest, doi: str, key: str) -> HttpResponse:
    """Give the picture of a file's default plot."""
    dataset, file = preview_file(request.user, doi, key)
    try:
        tag = f'"{fingerprint_of(file)}"'
        if (known := get_conditional_response(request, etag=tag)) is not None and known.status_code == 304:
            return _kept(known, dataset, tag)
        return _kept(HttpResponse(picture_of(file), content_type="image/png"), dataset, tag)
    except CausedError as error:
        return refused(error)


def refused(error: CausedError) -> HttpResponse:
    """Return the answer to what cannot be shown, never to be kept. Raises the error if it is of another kind."""
    status = STATUSES.get(error.cause.id)
    if status is None:
        raise error
    told = {"message": f"{error.cause.message} {error.cause.hint}", "cause": error.cause.as_dict()}
    response = JsonResponse(told, status=status, headers={"Cache-Control": "no-store"})
    if error.cause.id == "preview-busy":
        response.headers["Retry-After"] = RETRY_AFTER_S
    elif error.cause.id == "sandbox-missing":
        log.error("preview-refused", cause=error.cause.id)
    return response


def _kept(response: HttpResponse, dataset: Dataset, tag: str) -> HttpResponse:
    """Add how long it may be kept, and by whom: what is closed by the one who asked, and never unasked."""
    is_open = is_open_to_all(dataset, AnonymousUser())
    response.headers["Cache-Control"] = "public, max-age=300" if is_open else "private, no-cache"
    response.headers["ETag"] = tag
    response.headers["Content-Security-Policy"] = FOREIGN_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _question(request: HttpRequest, part: Part, file: PreviewFile) -> Question:
    """Read the parameters that h5grove has. Raises RunError preview-unreadable for values that it has not."""
    given = request.GET
    if sum(len(name) + len(value) for name, values in given.lists() for value in values) > _MOST_CHARACTERS:
        raise RunError("preview-unreadable", path=file.path, reason="the question is too long")
    form = given.get("format", "json") if part == "data" else "json"
    if form not in FORMATS:
        raise RunError("preview-unreadable", path=file.path, reason=f"there is no format {form[:40]}")
    return Question(
        part=part,
        name=file.path.rpartition("/")[2],
        path=given.get("path") or "/",
        selection=given.get("selection") or None,
        format=cast(Format, form),
        dtype=given.get("dtype", "origin"),
        is_flat=given.get("flatten", "false").lower() in ("true", "1", "yes", "on", "t", "y"),
        resolve_links=given.get("resolve_links", "only_valid"),
        attributes=tuple(given.getlist("attr_keys")) if "attr_keys" in given else None,
    )


def _tag(file: PreviewFile, question: Question) -> str:
    return f'"{hashlib.sha256(fingerprint_of(file).encode() + question.as_bytes()).hexdigest()}"'
