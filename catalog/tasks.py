"""What workers do for the catalogue."""

from __future__ import annotations

from celery import shared_task

from catalog.dataset_details import look_up_details


@shared_task
def look_up_dataset(look_up_id: str) -> None:
    look_up_details(int(look_up_id))
