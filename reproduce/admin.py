"""The operator's view of runs and watches, to be looked at."""

from __future__ import annotations

from django.contrib import admin

from builder.admin import RecordAdmin
from reproduce.models import Run, RunEvent, Watch


@admin.register(Run)
class RunAdmin(RecordAdmin):
    """Runs, with whoever asked, how often they were started and how they ended."""

    list_display = ("id", "target", "state", "verdict", "attempts", "reason", "requested_at", "lease_until")
    list_filter = ("state", "verdict", "reason")
    list_select_related = ("target",)
    search_fields = ("id", "target__label", "target__publication__doi", "target__publication__title")
    exclude = ("comparison",)


@admin.register(RunEvent)
class RunEventAdmin(RecordAdmin):
    """The stories of runs, to be searched."""

    list_display = ("run", "seq", "at", "kind", "text")
    list_filter = ("kind",)
    list_select_related = ("run",)
    search_fields = ("run__id", "text")


@admin.register(Watch)
class WatchAdmin(RecordAdmin):
    """Schedules; their author ends them."""

    list_display = ("target", "every_days", "is_active", "next_at", "last_run")
    list_filter = ("is_active",)
    list_select_related = ("target", "last_run")
    search_fields = ("target__label", "target__publication__doi")
