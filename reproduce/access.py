"""Who may start and who may end a run, and how often a visitor without an account may ask."""

from __future__ import annotations

import math

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from catalog.models import Target, Viewer
from reproduce.errors import RunError
from reproduce.models import Run


class AnonymousRunThrottle(SimpleRateThrottle):
    """Counts the runs that an address without an account asks for; REPRISE_ANONYMOUS_RATE is the limit."""

    scope = "run"

    def get_rate(self) -> str:
        """Return the limit of this installation."""
        return str(settings.REPRISE_ANONYMOUS_RATE)

    def get_cache_key(self, request: Request | HttpRequest, _view: APIView | None) -> str | None:
        """Return the key of the visitor's address, or None for an account, which is not limited."""
        if request.user is not None and request.user.is_authenticated:
            return None
        return f"throttle_{self.scope}_{self.get_ident(request)}"  # type: ignore[arg-type]  # reads META alone


def may_start(viewer: Viewer) -> bool:
    """Tell whether the viewer may start runs of what is visible to them."""
    return viewer.is_authenticated or bool(settings.REPRISE_ANONYMOUS_RUNS)


def may_cancel(run: Run, viewer: Viewer) -> bool:
    """Tell whether the viewer may end `run`: who asked for it, and who may edit the publication."""
    is_asker = viewer.is_authenticated and run.requested_by_id == viewer.pk
    return is_asker or run.target.publication.is_editable_by(viewer)


def count_request(request: HttpRequest) -> None:
    """Count one more run for the visitor's address. Raises RunError (runs-throttled) when it is one too many."""
    throttle = AnonymousRunThrottle()
    if not throttle.allow_request(request, None):  # type: ignore[arg-type]  # get_cache_key above takes both
        wait_s = throttle.wait() or 60.0
        raise RunError("runs-throttled", wait=f"{max(1, math.ceil(wait_s / 60))} min")


def asker(viewer: Viewer) -> User | None:
    """Return the account that asks, or None for a visitor without one."""
    return viewer if isinstance(viewer, User) else None


def visible_target(viewer: Viewer, doi: str, slug: str) -> Target | None:
    """Return the target with this address if the viewer may see it."""
    targets = Target.objects.visible_to(viewer).select_related("publication__facility", "repository", "evidence")
    return targets.filter(publication__doi=doi, slug=slug).first()
