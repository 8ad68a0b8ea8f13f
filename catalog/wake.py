"""Wake a worker. The database already holds the work, so a broker that does not answer only makes it start later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import structlog
from celery import Task
from kombu.exceptions import ChannelError, OperationalError

T = TypeVar("T")
log = structlog.get_logger(__name__)


def wake(task: Task[..., None], key: object) -> bool:
    """Send `task` its id; return whether the broker took it. The sweeper sends again what it did not take."""
    try:
        task.apply_async((str(key),), retry=False)
    except (OperationalError, ChannelError, OSError) as error:
        log.warning("broker-does-not-answer", task=task.name, id=str(key), error=str(error))
        return False
    return True


def wake_each(task: Task[..., None], keys: Sequence[T]) -> Sequence[T]:
    """Send `task` one id after the other, and return those that the broker took: after one it did not, no more."""
    for count, key in enumerate(keys):
        if not wake(task, key):
            return keys[:count]
    return keys
