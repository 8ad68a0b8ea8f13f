"""Mint what is wanted, and tell the records that have become citable."""

from __future__ import annotations

from typing import Final

from django.conf import settings

from catalog.clock import database_now
from catalog.expose import expose_publication
from catalog.minting import mint_due
from catalog.minting_client import DataCite
from catalog.models import Publication

# A sweep waits for DataCite, and other things wait for the sweep.
_MOST: Final = 10


def mint_wanted() -> int:
    """Take a few DOIs as far as they go, where the operator mints any; return how many have become findable."""
    minting = settings.REPRISE_MINT
    if not minting.kinds:
        return 0
    datacite = DataCite(account=minting.account, password=minting.password, prefix=minting.prefix, url=minting.url)
    keys = mint_due(datacite, now=database_now(), most=_MOST)
    for publication in Publication.objects.filter(record_reasons__key__in=keys).distinct().order_by("pk"):
        expose_publication(publication)
    return len(keys)
