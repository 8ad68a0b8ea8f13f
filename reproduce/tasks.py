"""What workers do for the reproductions."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from reproduce.execute import execute
from reproduce.file_fetching import fetch_requested
from reproduce.idle_worker import IDLE_WORKER
from reproduce.issuing.issue import issue_or_log
from reproduce.sweep import sweep_everything
from reproduce.watches import start_due_watches

IDLE_WORKER.follow()


@shared_task
def execute_run(run_id: str) -> None:
    execute(UUID(run_id))
    issue_or_log(UUID(run_id))


@shared_task
def fetch_file(fetch_id: str) -> None:
    fetch_requested(int(fetch_id))


@shared_task
def sweep() -> None:
    sweep_everything(execute_run, fetch_file)


@shared_task
def watch() -> None:
    start_due_watches(execute_run)
