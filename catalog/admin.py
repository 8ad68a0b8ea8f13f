"""The operator's view of the catalogue. What an author says is changed here; evidence is only looked at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from catalog.causes import CausedError
from catalog.expose import expose_dataset, expose_publication
from catalog.identifiers import panet_iri, parse_pid, parse_ror
from catalog.launching import check_template
from catalog.models import (
    Dataset,
    Deposit,
    Evidence,
    Facility,
    Instrument,
    LaunchSite,
    MintedDoi,
    Publication,
    Repository,
    Target,
    Technique,
)
from catalog.resources import parse_resources


class FacilityForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes none while running
    """Takes a ROR id in any of its forms and keeps it in the one ROR asks for; checks what its runs ask for."""

    def clean_resources(self) -> dict[str, Any]:
        """Refuse what would not be taken by a batch system's command line."""
        given: dict[str, Any] = self.cleaned_data["resources"] or {}
        try:
            parse_resources(given)
        except CausedError as error:
            raise forms.ValidationError(f"{error} {error.cause.hint}") from error
        return given

    def clean_ror(self) -> str:
        """Refuse what is no ROR id."""
        typed = str(self.cleaned_data["ror"])
        try:
            return parse_ror(typed) if typed else ""
        except CausedError as error:
            raise forms.ValidationError(f"{error} {error.cause.hint}") from error


class TechniqueForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes none while running
    """Takes a PaNET term by its IRI or its id, and keeps the id."""

    panet_id = forms.CharField(label="PaNET id", required=False, max_length=200)

    def clean_panet_id(self) -> str:
        """Refuse what is no term of PaNET by its form."""
        typed = str(self.cleaned_data["panet_id"])
        try:
            return panet_iri(typed).rpartition("/")[2] if typed else ""
        except CausedError as error:
            raise forms.ValidationError(f"{error} {error.cause.hint}") from error


class LaunchSiteForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes none while running
    """Takes a template only if an address can be made of it."""

    def clean_template(self) -> str:
        """Refuse what is no template."""
        try:
            return check_template(str(self.cleaned_data["template"]))
        except CausedError as error:
            raise forms.ValidationError(f"{error} {error.cause.hint}") from error


@admin.register(Facility)
class FacilityAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """Facilities are made and named by the operator."""

    form = FacilityForm
    list_display = ("name", "slug", "ror", "homepage")
    search_fields = ("name", "slug", "ror")
    prepopulated_fields = {"slug": ("name",)}


class InstrumentForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes none while running
    """Takes a DOI in any of its forms, or a web address."""

    def clean_pid(self) -> str:
        """Refuse what names no instrument."""
        typed = str(self.cleaned_data["pid"])
        try:
            return parse_pid(typed) if typed else ""
        except CausedError as error:
            raise forms.ValidationError(f"{error} {error.cause.hint}") from error


@admin.register(Instrument)
class InstrumentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """Instruments are named by the operator, and by authors where theirs is not there."""

    form = InstrumentForm
    list_display = ("name", "facility", "pid")
    list_filter = ("facility",)
    list_select_related = ("facility",)
    search_fields = ("name", "pid", "facility__name")


@admin.register(Technique)
class TechniqueAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """Techniques that PaNET has not are named by the operator; its own terms come by load_panet."""

    form = TechniqueForm
    list_display = ("name", "panet_id", "release", "is_deprecated")
    list_filter = ("is_deprecated", "release")
    search_fields = ("name", "panet_id")
    readonly_fields = ("parents", "release", "is_deprecated")


@admin.register(LaunchSite)
class LaunchSiteAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """Where readers may open a notebook is the operator's choice."""

    form = LaunchSiteForm
    list_display = ("name", "facility", "template", "is_offered", "position")
    list_filter = ("is_offered", "facility")
    list_select_related = ("facility",)
    search_fields = ("name", "template")


@admin.register(MintedDoi)
class MintedDoiAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """How far each DOI has come, and why it has not come farther."""

    list_display = ("doi", "key", "state", "failures", "next_at")
    list_filter = ("state",)
    search_fields = ("doi", "key")
    readonly_fields = ("doi", "key", "state", "pushed_digest", "failures", "next_at", "problem", "created_at")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Return false: the records that want one make it."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: MintedDoi | None = None) -> bool:
        """Return false: a DOI stays."""
        return False


@admin.register(Deposit)
class DepositAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """How far each deposit has come, and why it has not come farther."""

    list_display = ("key", "state", "number", "doi", "failures", "next_at")
    list_filter = ("state",)
    search_fields = ("doi", "key")
    readonly_fields = (
        *("key", "follows", "state", "number", "md5", "doi"),
        *("failures", "next_at", "problem", "created_at"),
    )

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Return false: the certificates that are worth one make it."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Deposit | None = None) -> bool:
        """Return false: what was published stays, and is not published again."""
        return False


@admin.register(Publication)
class PublicationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """Its state changes by publishing and withdrawing alone, which the pages and the API do."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: ANN401 - Django's own signature
        """Show harvesters what was changed."""
        super().save_related(request, form, formsets, change)
        expose_publication(form.instance)

    list_display = ("doi", "title", "state", "facility", "owner", "created_at")
    list_filter = ("state", "is_demonstration", "origin", "facility")
    list_select_related = ("facility", "owner")
    search_fields = ("doi", "title")
    readonly_fields = ("state", "state_changed_at", "created_at", "updated_at")
    filter_horizontal = ("techniques", "instruments")
    raw_id_fields = ("owner",)


@admin.register(Dataset)
class DatasetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """Data behind publications."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: ANN401 - Django's own signature
        """Show harvesters what was changed."""
        super().save_related(request, form, formsets, change)
        expose_dataset(form.instance)

    list_display = ("doi", "title", "access", "embargo_until")
    list_filter = ("access", "facility")
    search_fields = ("doi", "title")
    filter_horizontal = ("techniques", "instruments")
    raw_id_fields = ("publications", "parent")


@admin.register(Repository)
class RepositoryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """An address is not changed here: it would not be checked."""

    list_display = ("url", "ref", "publication", "is_own", "created_at")
    list_filter = ("is_own",)
    list_select_related = ("publication",)
    search_fields = ("url", "publication__doi")
    readonly_fields = ("publication", "url", "ref", "is_own", "created_at")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Return false: registering makes repositories."""
        return False


@admin.register(Target)
class TargetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """Targets are confirmed and changed by their author, whose change takes the evidence off the record."""

    list_display = ("label", "publication", "kind", "state", "notebook")
    list_filter = ("state", "kind")
    list_select_related = ("publication",)
    search_fields = ("label", "notebook", "publication__doi", "publication__title")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Return false."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Target | None = None) -> bool:
        """Return false."""
        return False


@admin.register(Evidence)
class EvidenceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none while running
    """Nobody edits a verdict."""

    list_display = ("target", "verdict", "seen_at", "since", "is_sandboxed")
    list_filter = ("verdict", "is_sandboxed", "is_approximated")
    list_select_related = ("target",)
    search_fields = ("target__label", "target__publication__doi", "run")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Return false."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Evidence | None = None) -> bool:
        """Return false."""
        return False
