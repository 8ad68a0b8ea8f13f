"""What an author says of the targets of a publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from catalog.allowed_hosts import check_permitted, parse_allowed_hosts
from catalog.allowed_resources import check_target_resources
from catalog.causes import CausedError
from catalog.data_places import DataWish, read_lines, read_patterns
from catalog.declarable import COMPARISON_RULES, MATPLOTLIB_BACKENDS, MOST_THREADS
from catalog.given_environments import given_names
from catalog.models import Target
from catalog.registration import TargetDraft
from catalog.resources import parse_words

if TYPE_CHECKING:
    _Formset = forms.BaseFormSet["TargetForm"]
else:
    _Formset = forms.BaseFormSet


class AllowedHostsField(forms.CharField):
    """Hosts with spaces or commas between them, each of a kind that the operator permits."""

    def clean(self, value: object) -> list[str]:
        text = super().clean(value)
        try:
            hosts = parse_allowed_hosts(text.replace(",", " ").split())
            check_permitted(hosts, settings.REPRISE_RUN_HOSTS)
        except CausedError as error:
            raise ValidationError(f"{error.cause.message} {error.cause.hint}") from error
        return hosts


class TargetForm(forms.Form):
    """One figure, table, number or statement, and the notebook that makes it."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    is_kept = forms.BooleanField(required=False, initial=True, label="Keep this target")
    label = forms.CharField(max_length=100, required=False, help_text="As in the paper: Figure 3.")
    kind = forms.ChoiceField(choices=Target.Kind.choices, initial=Target.Kind.FIGURE)
    caption = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    notebook = forms.ChoiceField(choices=())
    cells = forms.CharField(
        required=False, label="Cells that make it", help_text="Their ids, with spaces between; all cells if empty."
    )
    rtol = forms.FloatField(
        required=False,
        min_value=0,
        label="Relative tolerance",
        help_text="For numbers in text; to the printed precision if empty.",
    )
    atol = forms.FloatField(required=False, min_value=0, label="Absolute tolerance")
    image_limit = forms.FloatField(
        required=False, min_value=0, label="Limit for pictures", help_text="Of the image metric; 1 if empty."
    )
    disabled_rules = forms.CharField(
        required=False,
        max_length=500,
        label="Rules switched off",
        help_text="Names with spaces between, such as literal-order; all rules for what is no result hold if empty.",
    )
    timeout_s = forms.IntegerField(required=False, min_value=1, max_value=86400, label="Time limit in seconds")
    threads = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_THREADS,
        label="Threads",
        help_text="Of each numerical library; one if empty, because sums may change with their number.",
    )
    matplotlib_backend = forms.ChoiceField(
        required=False,
        choices=[("", "the kernel's own"), *MATPLOTLIB_BACKENDS.items()],
        label="Matplotlib backend",
    )
    allowed_hosts = AllowedHostsField(
        required=False,
        max_length=2000,
        label="Hosts that it may reach",
        help_text="Names such as data.example.org, with spaces between; no network if empty. What is fetched from them "
        "will be listed with the verdict.",
    )
    data = forms.CharField(  # type: ignore[assignment]  # a field of that name
        required=False,
        label="Data that it reads",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line: 10.5072/abc at data/raw, or one part: scan.h5 of 10.5072/abc at data/scan.h5. "
        "A place is a path of the repository, an absolute path, or a variable such as $DATA_DIR.",
    )
    output_files = forms.CharField(
        required=False,
        label="Files that it writes",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line, as out/table.csv or out/*.csv; compared where the repository holds the same file.",
    )

    resources = forms.CharField(
        required=False,
        max_length=500,
        label="Resources of the batch system",
        help_text="For example memory=16G processors=4; the facility's own where nothing is said.",
    )

    given_environment = forms.ChoiceField(
        required=False,
        label="Environment",
        help_text="One that the facility keeps is used as it is: nothing that the repository asks for is installed.",
    )

    standing: Mapping[int, Mapping[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        self._offer_environments(str(self.initial.get("given_environment", "")))
        if settings.REPRISE_EXECUTOR == "local":
            # Nothing can be asked for where there is no batch system.
            del self.fields["resources"]

    def _offer_environments(self, chosen: str) -> None:
        """Offer the given environments, and one that is chosen though it is given no more; no field without any."""
        names = dict.fromkeys([*given_names(), *filter(None, [chosen])])
        field = self.fields["given_environment"]
        if names and isinstance(field, forms.ChoiceField):
            field.choices = [("", "made from the repository"), *((name, name) for name in names)]
        else:
            del self.fields["given_environment"]

    def clean_disabled_rules(self) -> tuple[str, ...]:
        """Refuse names that no rule has."""
        names = tuple(str(self.cleaned_data["disabled_rules"]).replace(",", " ").split())
        unknown = [name for name in names if name not in COMPARISON_RULES]
        if unknown:
            raise ValidationError(f"There is no rule {unknown[0]}. There are {', '.join(COMPARISON_RULES)}.")
        return names

    def clean_data(self) -> tuple[DataWish, ...]:
        """Refuse what cannot be read."""
        try:
            return read_lines(str(self.cleaned_data["data"]))
        except CausedError as error:
            raise ValidationError(f"{error.cause.message} {error.cause.hint}") from error

    def clean_output_files(self) -> tuple[str, ...]:
        """Refuse what is no path."""
        try:
            return read_patterns(str(self.cleaned_data["output_files"]).splitlines())
        except CausedError as error:
            raise ValidationError(f"{error.cause.message} {error.cause.hint}") from error

    def clean_resources(self) -> dict[str, Any]:
        """Read the words; what the target has already is not judged again."""
        try:
            found = parse_words(str(self.cleaned_data["resources"]))
            if found != self.standing.get(self.cleaned_data.get("id") or 0, {}):
                check_target_resources(found)
        except CausedError as error:
            raise ValidationError(f"{error.cause.message} {error.cause.hint}") from error
        return found

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("is_kept") and not values.get("label"):
            self.add_error("label", "Say what the paper calls it, for example Figure 3.")
        return values

    def draft(self) -> TargetDraft:
        """Return the row as the use case takes it. Call it on a valid form only."""
        values = self.cleaned_data
        return TargetDraft(
            id=values["id"],
            label=values["label"],
            kind=values["kind"],
            caption=values["caption"],
            notebook=values["notebook"],
            cells=tuple(values["cells"].replace(",", " ").split()),
            rtol=values["rtol"],
            atol=values["atol"] or 0.0,
            image_limit=values["image_limit"],
            disabled_rules=values["disabled_rules"],
            timeout_s=values["timeout_s"],
            allowed_hosts=tuple(values["allowed_hosts"]),
            data=values["data"],
            output_files=values["output_files"],
            resources=values.get("resources"),
            given_environment=values.get("given_environment"),
            threads=values["threads"] or 1,
            matplotlib_backend=values["matplotlib_backend"],
            is_kept=values["is_kept"],
        )


class TargetFormSet(_Formset):
    """All targets of a publication, and one empty row for another. `notebooks` may be chosen from.

    `standing` is what each target asks of a batch system by now, by its id.
    """

    notebooks: tuple[str, ...] = ()
    standing: Mapping[int, Mapping[str, Any]] = {}

    def add_fields(self, form: TargetForm, index: int | None) -> None:
        """Offer the notebooks in a row."""
        super().add_fields(form, index)
        form.standing = self.standing
        field = form.fields["notebook"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(path, path) for path in self.notebooks]
            # An empty row that nobody touched must count as unchanged, so its first choice is its initial one.
            field.initial = self.notebooks[0] if self.notebooks else None

    def drafts(self) -> list[TargetDraft]:
        """Return the rows that say something. Call it on a valid formset only."""
        return [form.draft() for form in self.forms if form.cleaned_data.get("id") or form.cleaned_data.get("is_kept")]


_TargetRows = forms.formset_factory(TargetForm, formset=TargetFormSet, extra=1, max_num=200, absolute_max=250)


def target_rows(
    notebooks: tuple[str, ...],
    *,
    typed: Mapping[str, Any] | None = None,
    initial: Sequence[Mapping[str, Any]] = (),
    standing: Mapping[int, Mapping[str, Any]] | None = None,
) -> TargetFormSet:
    """Return the rows of the targets form, as `typed` or as they stand."""
    rows = cast(TargetFormSet, _TargetRows(typed, initial=initial))
    rows.notebooks = notebooks
    rows.standing = standing or {}
    return rows
