"""The log on record: an entry is appended with its nodes and a signed head, by any number of workers at once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from catalog.clock import database_now
from reproduce.certificates.canonical import canonical
from reproduce.certificates.log import unsigned_head
from reproduce.certificates.merkle import completed_nodes, leaf_hash, root_hash
from reproduce.issuing.keyring import Signer, hold_key
from reproduce.models import LogEntry, LogNode, TreeHead

T = TypeVar("T")
_TRIES: Final = 12
_PAUSE_S: Final = 0.05


def node_of(level: int, position: int) -> bytes:
    """Return the hash of a node of the log's tree."""
    return bytes.fromhex(LogNode.objects.values_list("hash", flat=True).get(level=level, position=position))


def log_size() -> int:
    """Return how many entries the log has."""
    last: int | None = LogEntry.objects.aggregate(last=Max("seq"))["last"]
    return 0 if last is None else last + 1


def in_one_go(work: Callable[[], T]) -> T:
    """Do `work`, which appends, wholly or not at all.

    Two workers may take the same number: the database lets one have it, and the other does its work again.
    """
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return work()
        except IntegrityError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(_PAUSE_S * (attempt + 1) * random.random())  # noqa: S311 - two that collide part again
    raise AssertionError("the last attempt returns or raises")


def append(kind: LogEntry.Kind, signer: Signer, document: Callable[[int], dict[str, Any]]) -> LogEntry:
    """Append what `document` makes for its number, signed, and sign the log's new head. Inside a transaction."""
    hold_key(signer.row)
    seq, now = log_size(), database_now()
    data = canonical(signer.sign(document(seq)))
    leaf = leaf_hash(data)
    entry = LogEntry.objects.create(seq=seq, kind=kind, document=data.decode(), leaf=leaf.hex(), added_at=now)
    nodes = completed_nodes(seq, leaf, node_of)
    LogNode.objects.bulk_create(
        LogNode(level=level, position=position, hash=value.hex()) for level, position, value in nodes
    )
    size = seq + 1
    did = signer.row.did
    head = unsigned_head(url=settings.REPRISE_URL, issuer=did, size=size, root=root_hash(size, node_of), at=now)
    TreeHead.objects.create(size=size, did=did, document=canonical(signer.sign(head)).decode(), signed_at=now)
    return entry
