"""What the formats say of this installation, from its settings."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from catalog.exposure.record import Organisation, Site

# A mail address that somebody elsewhere can write to; `.invalid` is kept for what leads nowhere (RFC 2606).
_MAIL: Final = re.compile(r"[^\s@<>]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")
_NOBODY: Final = "nobody@no-contact-is-set.invalid"


def this_site() -> Site:
    """Return the service that exposes the records."""
    operator = settings.REPRISE_OPERATOR
    return Site(
        name=settings.REPRISE_NAME,
        url=settings.REPRISE_URL,
        domain=urlsplit(settings.REPRISE_URL).hostname or "localhost",
        contact=public_contact(),
        operator=Organisation(operator.name, operator.identifier) if operator.name else None,
    )


def public_contact() -> str:
    """Return the mail address of the operator, or one that plainly leads nowhere where none is set.

    The protocol demands an address, and that it is not at localhost.
    """
    contact = str(settings.REPRISE_CONTACT).strip().removeprefix("mailto:")
    is_public = _MAIL.fullmatch(contact) and not contact.lower().endswith(("@localhost", ".localdomain", ".local"))
    return contact if is_public else _NOBODY


def oai_domain() -> str:
    """Return the domain that stands in the identifiers of records."""
    return settings.REPRISE_OAI_DOMAIN or urlsplit(settings.REPRISE_URL).hostname or "localhost"
