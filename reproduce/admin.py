"""The operator's view of runs and watches, to be looked at."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest

from builder.admin import RecordAdmin
from catalog.causes import CausedError
from reproduce.data_locations import check_location
from reproduce.models import Certificate, DataLocation, Run, RunEvent, Watch


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


class DataLocationForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes none while running
    """Takes what the settings allow."""

    def clean(self) -> dict[str, object]:
        """Refuse what is no DOI, and a path outside of what may be shown."""
        values = super().clean() or {}
        try:
            if "dataset" in values and "path" in values:
                values["dataset"] = check_location(values["dataset"], values["path"], roots=settings.REPRISE_DATA_ROOTS)
        except CausedError as error:
            raise forms.ValidationError(f"{error} {error.cause.hint}") from error
        return values


@admin.register(DataLocation)
class DataLocationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """Where data lie; changed by the operator alone."""

    form = DataLocationForm
    list_display = ("dataset", "path", "facility", "verified_at")
    list_filter = ("facility",)
    list_select_related = ("facility",)
    search_fields = ("dataset", "path")


@admin.register(Watch)
class WatchAdmin(RecordAdmin):
    """Schedules; their author ends them."""

    list_display = ("target", "every_days", "is_active", "next_at", "last_run")
    list_filter = ("is_active",)
    list_select_related = ("target", "last_run")
    search_fields = ("target__label", "target__publication__doi")


@admin.register(Certificate)
class CertificateAdmin(RecordAdmin):
    """What was certified; revoked with manage.py certificates revoke."""

    list_display = ("id", "doi", "target", "rung", "verdict", "issued_at", "valid_until", "revoked_at")
    list_filter = ("rung", "verdict")
    list_select_related = ("target",)
    search_fields = ("id", "doi", "run")

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Return false: certificates are for ever."""
        return False
