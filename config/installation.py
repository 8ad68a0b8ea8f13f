"""Bring an installation to the state that its code expects. Safe to repeat, quick when there is nothing to do."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog.roles import ROLES
from catalog.techniques import load_shipped
from config.celery import make_broker_directories


def prepare_installation() -> None:
    """Migrate the database, make cache table, roles, techniques and the broker's directories, collect static files."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    for role in ROLES:
        Group.objects.get_or_create(name=role)
    load_shipped()
    make_broker_directories()
    if _is_static_stale():
        call_command("collectstatic", verbosity=0, interactive=False, clear=False)


def _is_static_stale() -> bool:
    """Tell whether a static file of the project is newer than the collected ones."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if not manifest.exists():
        return True
    collected_at = manifest.stat().st_mtime
    return any(
        path.stat().st_mtime > collected_at for path in (settings.BASE_DIR / "static").rglob("*") if path.is_file()
    )
