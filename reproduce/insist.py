"""Write to a database that may be away for a while: it is asked again until it answers or patience ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

log = structlog.get_logger(__name__)
T = TypeVar("T")

# A restart of the database takes longer than a lease; while it is away nobody else can take the run either.
PATIENCE_LEASES: Final = 10
_AGAIN_S: Final = 0.25


def patience_s() -> float:
    """Return for how long the work of a run is worth waiting for the database."""
    return float(PATIENCE_LEASES * settings.REPRISE_LEASE_S)


def insist(write: Callable[[], T]) -> T:
    """Call `write` until the database takes it, and return its answer; what it raises at the end of patience is raised.

    `write` must be safe to repeat: when the connection breaks nobody knows whether it was committed. Inside a
    transaction it is called once, because only the whole could be repeated.
    """
    until = time.monotonic() + patience_s()
    is_told = False
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            if not is_told:
                log.warning("database-is-away", error=str(error))
                is_told = True
            connection.close()
            time.sleep(_AGAIN_S)
