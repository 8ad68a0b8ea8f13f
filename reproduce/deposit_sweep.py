"""Deposit what is worth it, and tell the records whose evidence got a DOI."""

from __future__ import annotations

from typing import Final

from django.conf import settings

from catalog.clock import database_now
from catalog.depositing_client import Zenodo
from catalog.expose import expose_or_log
from catalog.models import Deposit, Publication
from reproduce.deposit_choice import certificate_of, want_deposits
from reproduce.depositing import deposit_due

# A sweep waits for Zenodo, and other things wait for the sweep.
_MOST: Final = 1


def deposit_wanted() -> int:
    """Take one deposit as far as it goes, where the operator wants any; return how many were published."""
    if not settings.REPRISE_ZENODO.is_on:
        return 0
    want_deposits(now=database_now())
    return _take_on()


def deposit_now(wanted: Deposit) -> Deposit:
    """Take this one as far as it goes, where it is due; return it as it is then."""
    _take_on(only=wanted)
    return Deposit.objects.get(pk=wanted.pk)


def _take_on(only: Deposit | None = None) -> int:
    depositing = settings.REPRISE_ZENODO
    zenodo = Zenodo(url=depositing.url, token=depositing.token)
    published = deposit_due(zenodo, depositing, now=database_now(), most=_MOST, only=only)
    for row in published:
        certificate = certificate_of(row.key)
        for publication in Publication.objects.filter(doi=certificate.doi) if certificate else ():
            expose_or_log(publication)
    return len(published)
