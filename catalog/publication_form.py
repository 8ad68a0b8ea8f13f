"""The form in which an author describes a publication. It works without JavaScript."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from catalog.causes import CausedError
from catalog.described import LANGUAGE, InstrumentDraft, normal_licence, read_funding
from catalog.forms import CreatorsField
from catalog.identifiers import parse_pid
from catalog.models import Publication, Technique

if TYPE_CHECKING:
    _PublicationModelForm = forms.ModelForm[Publication]
else:
    _PublicationModelForm = forms.ModelForm

SEARCH: Final = "search"
_MOST_FOUND: Final = 30
_MOST_LINES: Final = 200


class LinesField(forms.CharField):
    """One entry a line, its parts with | between them."""

    parts: tuple[str, ...] = ()

    def __init__(self, *, parts: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - as Django has them
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 3}), **options)
        self.parts = parts

    def to_python(self, value: object) -> list[dict[str, str]]:  # type: ignore[override]  # a list instead of the text
        lines = [line for line in (super().to_python(value) or "").splitlines() if line.strip()]
        if len(lines) > _MOST_LINES:
            raise ValidationError(f"Give at most {_MOST_LINES} lines.")
        return [self._read(line) for line in lines]

    def prepare_value(self, value: object) -> object:
        if not isinstance(value, list):
            return value
        return "\n".join(self._written(one) for one in value if isinstance(one, dict))

    def _read(self, line: str) -> dict[str, str]:
        found = [part.strip()[:300] for part in line.split("|")]
        if len(found) > len(self.parts) or not found[0]:
            raise ValidationError(f"Write each line as {' | '.join(self.parts).replace('_', ' ')}.")
        return {name: part for name, part in zip(self.parts, found, strict=False) if part}

    def _written(self, one: dict[str, Any]) -> str:
        return " | ".join(str(one.get(name) or "") for name in self.parts).rstrip(" |")


class PublicationForm(_PublicationModelForm):
    """What its author may say of a publication. It is saved by catalog.registration, not by itself."""

    creators = CreatorsField(
        required=False, label="Authors", help_text="One a line, as on the paper; an ORCID iD may follow the name."
    )
    published_on = forms.DateField(
        required=False, label="Publication date", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    language = forms.RegexField(
        LANGUAGE, required=False, max_length=35, help_text="Of the paper; a tag such as en or de."
    )
    licence = forms.CharField(
        required=False, max_length=200, help_text="Its SPDX id, such as CC-BY-4.0, or the address of its text."
    )
    instruments = LinesField(
        parts=("name", "identifier"),
        help_text="One a line; its DOI or web address may follow after |. They belong to the facility above.",
    )
    techniques = forms.ModelMultipleChoiceField(
        Technique.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )
    find_techniques = forms.CharField(
        required=False,
        max_length=200,
        label="Find more techniques",
        help_text="Words of a technique of PaNET, or its id. “Search for techniques” lists what is found above.",
    )
    subjects = LinesField(
        parts=("text", "uri"), label="Keywords", help_text="One a line; its address may follow after |."
    )
    funding = LinesField(
        parts=("funder", "award", "award_title", "identifier"),
        help_text="One a line: funder | award number | title of the award | ROR id or address of the funder.",
    )

    class Meta:
        model = Publication
        fields = (
            *("title", "creators", "published_on", "venue", "licence", "abstract", "language", "facility"),
            *("instruments", "techniques", "find_techniques", "subjects", "funding"),
        )
        labels = {"venue": "Journal or conference"}
        widgets = {"title": forms.TextInput(), "abstract": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, data: QueryDict | None = None, *, instance: Publication) -> None:
        named = [{"name": one.name, "identifier": one.pid} for one in instance.instruments.all()]
        super().__init__(data, instance=instance, initial={"instruments": named})
        offer_techniques(self, data, instance.techniques.all())

    def clean_creators(self) -> list[dict[str, Any]]:
        """Keep of people who stay what the field does not show: their affiliations and the parts of their names."""
        before = {one.get("name"): one for one in self.instance.creators if isinstance(one, dict)}
        shown: list[dict[str, Any]] = self.cleaned_data["creators"]
        return [
            {**{name: part for name, part in before.get(one["name"], {}).items() if name != "orcid"}, **one}
            for one in shown
        ]

    def clean_licence(self) -> str:
        """Name it by its SPDX id where it has one."""
        return normal_licence(str(self.cleaned_data["licence"]))

    def clean_subjects(self) -> list[dict[str, Any]]:
        """Keep the vocabulary of a keyword that stays."""
        before = {one.get("text"): one for one in self.instance.subjects if isinstance(one, dict)}
        shown: list[dict[str, Any]] = self.cleaned_data["subjects"]
        return [{**before.get(one["text"], {}), **one} for one in shown]

    def clean_funding(self) -> list[dict[str, str]]:
        """Refuse an identifier that is none."""
        try:
            return read_funding(self.cleaned_data["funding"])
        except CausedError as error:
            raise ValidationError(f"{error.cause.message} {error.cause.hint}") from error

    def clean_instruments(self) -> list[InstrumentDraft]:
        """Refuse an identifier that is none."""
        return instruments_typed(self.cleaned_data["instruments"])

    def clean_techniques(self) -> list[Technique]:
        """Return the techniques that are ticked."""
        return list(self.cleaned_data["techniques"])

    def described(self) -> dict[str, Any]:
        """Return what `edit_publication` takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "find_techniques"}


def instruments_typed(rows: Iterable[Mapping[str, str]]) -> list[InstrumentDraft]:
    """Return the instruments of a LinesField with name and identifier. Raises ValidationError for what is none."""
    try:
        return [
            InstrumentDraft(one["name"][:200], parse_pid(one["identifier"]) if one.get("identifier") else "")
            for one in rows
        ]
    except CausedError as error:
        raise ValidationError(f"{error.cause.message} {error.cause.hint}") from error


def offer_techniques(form: forms.BaseForm, data: QueryDict | None, standing: Iterable[Technique]) -> None:
    """Let the form's field `techniques` offer what is ticked, else `standing`, and what `find_techniques` finds."""
    shown = list(data.getlist("techniques")) if data is not None else []
    chosen = Technique.objects.filter(pk__in=[key for key in shown if key.isascii() and key.isdigit()][:_MOST_LINES])
    found = list(chosen if data is not None else standing)
    if data is not None and (words := data.get("find_techniques", "")[:200].strip()):
        found += [one for one in Technique.objects.matching(words)[:_MOST_FOUND] if one not in found]
    field: Any = form.fields["techniques"]  # Any: the stubs do not know that choices can be set
    field.choices = [(one.pk, _label(one)) for one in found]
    if not found:
        field.help_text = "None is chosen. Search below."


def _label(technique: Technique) -> str:
    known = f" ({technique.panet_id})" if technique.panet_id else ""
    return f"{technique.name}{known}{', no longer in PaNET' if technique.is_deprecated else ''}"
