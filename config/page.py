"""What every page knows of this installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from catalog.roles import may_register


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the variable `service` of all templates; Django's own views set `site` to something else.

    What needs a query is a callable, so that only pages that ask for it make one.
    """
    user = getattr(request, "user", None)
    return {
        "service": {
            "url": settings.REPRISE_URL,
            "contact": settings.REPRISE_CONTACT,
            "allows_signup": settings.REPRISE_ALLOW_SIGNUP and settings.REPRISE_PASSWORDS,
            "takes_passwords": settings.REPRISE_PASSWORDS,
            "login_providers": list(settings.REPRISE_OPENID.values()),
            "allows_anonymous_runs": settings.REPRISE_ANONYMOUS_RUNS,
            "may_register": lambda: user is not None and may_register(user),
        }
    }
