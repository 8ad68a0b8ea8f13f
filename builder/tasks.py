"""What workers do for the builder."""

from __future__ import annotations

from celery import shared_task

from builder.fetch import fetch


@shared_task
def fetch_snapshot(snapshot_id: str) -> None:
    fetch(int(snapshot_id))
