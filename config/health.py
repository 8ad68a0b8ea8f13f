"""Whether this installation can do its work: database, broker, sandbox, disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

LEAST_FREE_BYTES: Final = 512 * 2**20


@never_cache
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything is in order and 503 when something is not; no path or address is told."""
    checks: dict[str, Callable[[], str]] = {
        "database": database_problem,
        "broker": broker_problem,
        "sandbox": sandbox_problem,
        "disk": disk_problem,
    }
    problems = {name: check() for name, check in checks.items()}
    is_well = not any(problems.values())
    body = {"status": "ok" if is_well else "failing", "checks": {name: text or "ok" for name, text in problems.items()}}
    return JsonResponse(body, status=200 if is_well else 503)


def database_problem() -> str:
    """Return what is wrong with the database, or an empty string."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.error("health", check="database", exc_info=error)
        return "does not answer"
    return ""


def broker_problem() -> str:
    """Return what is wrong with the broker, or an empty string."""
    if not settings.REPRISE_BROKER_URL:
        directory = Path(settings.REPRISE_DATA, "broker", "queue")
        return "" if directory.is_dir() and os.access(directory, os.W_OK) else "directory cannot be written"
    try:
        options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        with Connection(settings.REPRISE_BROKER_URL, connect_timeout=2, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except (OperationalError, OSError) as error:
        log.error("health", check="broker", exc_info=error)
        return "does not answer"
    return ""


def sandbox_problem() -> str:
    """Return what is wrong with the sandbox, or an empty string."""
    if settings.REPRISE_CONFINEMENT == "container" and not shutil.which(settings.REPRISE_CONTAINER_ENGINE):
        return "the container engine is not installed"
    if settings.REPRISE_CONFINEMENT == "apptainer" and not shutil.which("apptainer"):
        return "Apptainer is not installed"
    if shutil.which("bwrap") or settings.REPRISE_ALLOW_UNSANDBOXED != "no":
        return ""
    return "bubblewrap is not installed"


def disk_problem() -> str:
    """Return what is wrong with the disk, or an empty string."""
    try:
        free_bytes = shutil.disk_usage(settings.REPRISE_DATA).free
    except OSError as error:
        log.error("health", check="disk", exc_info=error)
        return "cannot be read"
    return "" if free_bytes >= LEAST_FREE_BYTES else "less than 512 MiB are free"
