"""The Celery application.

The broker only wakes workers: every task takes an id and reads the truth from the database.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, setup_logging, worker_process_init, worker_ready, worker_shutdown
from django.conf import settings
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES

from builder.lifeline import die_with
from reproduce.warm import WARM_POOL

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["filesystem"] = "config.filesystem_broker:Transport"
app = Celery("reprise")
app.config_from_object("django.conf:settings", namespace="CELERY")
# What no installation chooses. Addresses and the schedule are in config.settings.
app.conf.update(
    # The sweep has a lane of its own: behind a long queue of runs nothing lost would be found.
    task_queues=(Queue("celery"), Queue("sweep")),
    task_ignore_result=True,
    task_acks_late=False,  # the sweeper, not the broker, finds what was lost
    worker_prefetch_multiplier=1,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    enable_utc=True,
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,  # nobody asks; it would be one more table in the broker that can break
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for its broker as long as that takes
    beat_scheduler="django_celery_beat.schedulers:DatabaseScheduler",
    beat_max_loop_interval=5,
)
app.autodiscover_tasks(["catalog", "builder", "reproduce"])


def make_broker_directories() -> None:
    """Make the directories of the filesystem broker; kombu expects them to exist."""
    for name in ("queue", "done", "control"):
        Path(settings.REPRISE_DATA, "broker", name).mkdir(parents=True, exist_ok=True)


@celeryd_init.connect
def _prepare(**_: Any) -> None:  # noqa: ANN401 - signals pass what they like
    worker_process_init.connect(partial(_end_with_worker, os.getpid()), weak=False)
    make_broker_directories()
    WARM_POOL.settle_address()


@worker_ready.connect
def _start_warm_pool(**_: Any) -> None:  # noqa: ANN401 - as above
    WARM_POOL.start()


@worker_shutdown.connect
def _end_warm_pool(**_: Any) -> None:  # noqa: ANN401 - as above
    WARM_POOL.close()


def _end_with_worker(worker: int, **_: Any) -> None:  # noqa: ANN401 - as above
    """Let no pool process outlive its worker, even when that is killed; its runs end with it and are found again.

    Whose child it is by now would not tell: the worker may have been killed between making this process and this call.
    """
    if os.getpid() != worker:  # a pool may also be the worker itself
        die_with(worker)


@setup_logging.connect
def _keep_django_logging(**_: Any) -> None:  # noqa: ANN401 - as above
    """Leave logging as Django set it up: connecting here is what tells Celery so."""
