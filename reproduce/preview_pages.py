"""The page of a file of a dataset: what is in it, what it plots, and the viewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from catalog.audit import actor_of
from catalog.causes import CausedError
from catalog.models import Dataset, Viewer
from reproduce.access import count_request, may_start
from reproduce.fetch_queue import request_fetch
from reproduce.models import FileFetch
from reproduce.preview_files import PreviewFile, preview_file
from reproduce.preview_views import RETRY_AFTER_S, STATUSES
from reproduce.preview_words import KINDS, default_plot_in_words, row_of_file
from reproduce.previewing import preview_tree

NODES_A_PAGE: Final = 200


@require_safe
def preview_page(request: HttpRequest, doi: str, key: str) -> HttpResponse:
    """Show a file of a dataset to whom its files are open; why nothing can be shown is told where it is so."""
    dataset, file = preview_file(request.user, doi, key)
    context = {"dataset": dataset, "file": row_of_file(dataset.files, file), "key": file.key}
    try:
        tree = preview_tree(file)
    except CausedError as error:
        return _untold(request, error, context | {"fetch": _offer(dataset, file, request.user)})
    shown = Paginator(tree.nodes, NODES_A_PAGE).get_page(request.GET.get("page"))
    more = {
        "tree": tree,
        "page": shown,
        "rows": [(node, KINDS.get(node.kind, node.kind)) for node in shown],
        "plot": default_plot_in_words(tree),
    }
    return render(request, "reproduce/preview.html", context | more)


@require_POST
def fetch_for_preview(request: HttpRequest, doi: str, key: str) -> HttpResponse:
    """Have a file fetched from its address, and lead to its page."""
    dataset, file = preview_file(request.user, doi, key)
    page = reverse("preview", args=[doi, key])
    if not may_start(request.user):
        return redirect_to_login(page)
    if file.source is not None:
        count_request(request)
    request_fetch(dataset, file, by=actor_of(request))
    return redirect(page)


@require_safe
def preview_viewer(request: HttpRequest, doi: str, key: str) -> HttpResponse:
    """Give the viewer alone, at `?path=` of the file; the page of the file holds it in a frame."""
    dataset, file = preview_file(request.user, doi, key)
    context = {"file": file, "address": _address(dataset, file), "path": request.GET.get("path") or "/"}
    return render(request, "reproduce/preview_viewer.html", context)


@dataclass(frozen=True, slots=True)
class FetchOffer:
    """What the page says of fetching a file: from which host, by whom, and what became of it the last time."""

    host: str
    may_start: bool
    is_under_way: bool
    failed: dict[str, str] | None


def _offer(dataset: Dataset, file: PreviewFile, viewer: Viewer) -> FetchOffer | None:
    if file.source is None:
        return None
    last = FileFetch.objects.filter(dataset=dataset, key=file.key).first()
    is_under_way = last is not None and last.is_under_way
    return FetchOffer(file.source.host, may_start(viewer), is_under_way, last.cause if last else None)


def _untold(request: HttpRequest, error: CausedError, context: dict[str, Any]) -> HttpResponse:
    status = STATUSES.get(error.cause.id)
    if status is None:
        raise error
    told = render(request, "reproduce/preview.html", context | {"cause": error.cause.as_dict()}, status=status)
    if error.cause.id == "preview-busy":
        told.headers["Retry-After"] = RETRY_AFTER_S
    return told


def _address(dataset: Dataset, file: PreviewFile) -> str:
    """Return the address below which the viewer asks; each part has one of its own."""
    return reverse("preview-h5", args=[dataset.doi, file.key, "meta"]).rstrip("/").removesuffix("/meta")
