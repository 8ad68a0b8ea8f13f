"""The PaNOSC Search API at /panosc/api: what a federated search asks (docs/panosc.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog.exposure.panosc.answers import count, find, show
from catalog.exposure.panosc.description import openapi
from catalog.exposure.panosc.filters import FilterError, read_filter, read_where
from catalog.exposure.panosc.things import Thing, Things
from catalog.panosc_shelf import PanoscShelf

P = ParamSpec("P")
SHELF: Final = PanoscShelf()
KINDS: Final[dict[str, Callable[[Things], tuple[Thing, ...]]]] = {
    "Document": lambda things: things.documents,
    "Dataset": lambda things: things.datasets,
    "Instrument": lambda things: things.instruments,
}


def read_alone(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Refuse every method that changes something with 405, not for want of a token against forgery."""
    return csrf_exempt(require_safe(view))


@read_alone
def description(_request: HttpRequest) -> HttpResponse:
    """Describe all of this in OpenAPI."""
    return _json(openapi(f"{settings.REPRISE_URL}/panosc/api"), 200)


@read_alone
def many(request: HttpRequest, kind: str) -> HttpResponse:
    """Answer which objects a filter finds."""
    return _answered(lambda: find(_all(kind), read_filter(request.GET.get("filter", ""), kind)))


@read_alone
def how_many(request: HttpRequest, kind: str) -> HttpResponse:
    """Answer how many meet the conditions."""
    return _answered(lambda: {"count": count(_all(kind), _where(request, kind))})


@read_alone
def one(request: HttpRequest, kind: str, pid: str) -> HttpResponse:
    """Answer one object, with what is included."""
    thing = _named(kind, pid)
    if thing is None:
        return _missing(kind, pid)

    def answer() -> Any:  # noqa: ANN401 - JSON
        return show(thing, read_filter(request.GET.get("filter", ""), kind).include) or dict(thing.fields)

    return _answered(answer)


@read_alone
def files(request: HttpRequest, pid: str) -> HttpResponse:
    """Answer the files of a dataset that a filter finds."""
    thing = _named("Dataset", pid)
    if thing is None:
        return _missing("Dataset", pid)
    held = thing.related["files"]
    return _answered(lambda: find(held, read_filter(request.GET.get("filter", ""), "File")))


@read_alone
def how_many_files(request: HttpRequest, pid: str) -> HttpResponse:
    """Answer how many files of a dataset meet the conditions."""
    thing = _named("Dataset", pid)
    if thing is None:
        return _missing("Dataset", pid)
    held = thing.related["files"]
    return _answered(lambda: {"count": count(held, _where(request, "File"))})


@read_alone
def nothing(_request: HttpRequest) -> HttpResponse:
    """Answer an address below which there is nothing."""
    return _json({"error": {"statusCode": 404, "name": "Error", "message": "There is nothing at this address."}}, 404)


def _all(kind: str) -> Sequence[Thing]:
    return KINDS[kind](SHELF.things())


def _named(kind: str, pid: str) -> Thing | None:
    return next((thing for thing in _all(kind) if thing.fields["pid"] == pid), None)


def _where(request: HttpRequest, kind: str) -> Any:  # noqa: ANN401 - a Where
    return read_where(request.GET.get("where", ""), kind)


def _answered(answer: Callable[[], Any]) -> HttpResponse:
    """Give the answer as JSON; what cannot be understood as LoopBack would, with status 400."""
    try:
        found = answer()
    except FilterError as error:
        return _json({"error": {"statusCode": 400, "name": "Error", "message": str(error)}}, 400)
    return _json(found, 200)


def _missing(kind: str, pid: str) -> HttpResponse:
    said = {
        "statusCode": 404,
        "name": "Error",
        "message": f'Unknown "{kind}" id "{pid[:200]}".',
        "code": "MODEL_NOT_FOUND",
    }
    return _json({"error": said}, 404)


def _json(data: Any, status: int) -> HttpResponse:  # noqa: ANN401 - JSON
    # A search on another site may ask from a browser; all of it is public.
    return JsonResponse(data, safe=False, status=status, headers={"Access-Control-Allow-Origin": "*"})
