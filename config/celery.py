"""The Celery application.

The broker only wakes workers: every task takes an id and reads the truth from the database.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, setup_logging, worker_process_init, worker_ready, worker_shutdown
from django.conf import settings

from reproduce.runner.lifeline import die_with
from reproduce.warm import WARM_POOL

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("reprise")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["builder", "reproduce"])


def make_broker_directories() -> None:
    """Make the directories of the filesystem broker; kombu expects them to exist."""
    for name in ("queue", "done", "control"):
        Path(settings.REPRISE_DATA, "broker", name).mkdir(parents=True, exist_ok=True)


@celeryd_init.connect
def _prepare(**_: Any) -> None:  # noqa: ANN401 - signals pass what they like
    make_broker_directories()
    WARM_POOL.settle_address()


@worker_ready.connect
def _start_warm_pool(**_: Any) -> None:  # noqa: ANN401 - as above
    WARM_POOL.start()


@worker_shutdown.connect
def _end_warm_pool(**_: Any) -> None:  # noqa: ANN401 - as above
    WARM_POOL.close()


@worker_process_init.connect
def _end_with_the_worker(**_: Any) -> None:  # noqa: ANN401 - as above
    """Let no pool process outlive its worker, even when that is killed; its runs end with it and are found again."""
    die_with(os.getppid())


@setup_logging.connect
def _keep_django_logging(**_: Any) -> None:  # noqa: ANN401 - as above
    """Leave logging as Django set it up: connecting here is what tells Celery so."""
