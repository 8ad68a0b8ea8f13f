"""The operator's view of snapshots, environments and builds, to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from builder.models import Build, Environment, Snapshot


class RecordAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """A record that the service writes and people read."""

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Return false."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Return false."""
        return False


@admin.register(Snapshot)
class SnapshotAdmin(RecordAdmin):
    """Fetches, with the cause of those that failed."""

    list_display = ("repository", "state", "commit", "size_bytes", "attempts", "created_at")
    list_filter = ("state",)
    list_select_related = ("repository",)
    search_fields = ("commit", "swhid", "repository__url")


@admin.register(Environment)
class EnvironmentAdmin(RecordAdmin):
    """What was built, from which lock."""

    list_display = (
        "key",
        "engine",
        "python",
        "as_of",
        "as_of_choice",
        "snapshot",
        "built_s",
        "size_bytes",
        "last_used_at",
    )
    list_filter = ("engine", "as_of_choice", "python")
    list_select_related = ("snapshot__repository",)
    search_fields = ("key", "lock_sha256", "snapshot__repository__url")


@admin.register(Build)
class BuildAdmin(RecordAdmin):
    """Attempts, with their logs."""

    list_display = ("id", "state", "engine", "stage", "snapshot", "started_at", "ended_at")
    list_filter = ("state", "engine")
    list_select_related = ("snapshot__repository",)
    search_fields = ("id", "snapshot__repository__url")
