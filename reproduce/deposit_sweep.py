"""Deposit what is worth it, and tell the records whose evidence got a DOI."""

from __future__ import annotations

from typing import Final

from django.conf import settings

from catalog.clock import database_now
from catalog.depositing_client import Zenodo
from catalog.expose import expose_or_log
from catalog.models import Publication
from reproduce.deposit_choice import certificate_of, want_deposits
from reproduce.depositing import deposit_due

# A sweep waits for Zenodo, and other things wait for the sweep.
_MOST: Final = 1


def deposit_wanted() -> int:
    """Take one deposit as far as it goes, where the operator wants any; return how many were published."""
    depositing = settings.REPRISE_ZENODO
    if not depositing.is_on:
        return 0
    now = database_now()
    want_deposits(now=now)
    zenodo = Zenodo(url=depositing.url, token=depositing.token)
    published = deposit_due(zenodo, depositing, now=now, most=_MOST)
    for row in published:
        certificate = certificate_of(row.key)
        for publication in Publication.objects.filter(doi=certificate.doi) if certificate else ():
            expose_or_log(publication)
    return len(published)
