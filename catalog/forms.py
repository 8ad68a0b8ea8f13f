"""What visitors type about a publication."""

from __future__ import annotations

import re
from typing import Final

from django import forms
from django.core.exceptions import ValidationError

from catalog.causes import CausedError
from catalog.identifiers import parse_doi, parse_orcid
from catalog.models import AsOf, Facility

MOST_DATASETS: Final = 20
_ORCID_AT_END: Final = re.compile(r"^(?P<name>.*?)[\s,;(]+(?P<orcid>(?:https?://orcid\.org/)?[0-9]{4}-[0-9X-]+)\)?\s*$")


class CreatorsField(forms.CharField):
    """One creator a line, optionally with an ORCID iD at its end."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: object) -> list[dict[str, str]]:  # type: ignore[override]  # a list instead of the text
        text = super().to_python(value) or ""
        return [_creator(line) for line in text.splitlines() if line.strip()]

    def prepare_value(self, value: object) -> object:
        if not isinstance(value, list):
            return value
        return "\n".join(" ".join(part for part in (c.get("name", ""), c.get("orcid", "")) if part) for c in value)


def _creator(line: str) -> dict[str, str]:
    match = _ORCID_AT_END.fullmatch(line.strip())
    if match is None:
        return {"name": line.strip()[:200]}
    try:
        return {"name": match["name"].strip()[:200], "orcid": parse_orcid(match["orcid"])}
    except CausedError as error:
        raise ValidationError(f"{error.cause.message} {error.cause.hint}") from error


class DoiField(forms.CharField):
    """A DOI in any of its written forms."""

    def clean(self, value: object) -> str:
        text = super().clean(value)
        try:
            return parse_doi(text)
        except CausedError as error:
            raise ValidationError(f"{error.cause.message} {error.cause.hint}") from error


class DoisField(forms.CharField):
    """DOIs, one a line, each once."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: object) -> list[str]:  # type: ignore[override]  # a list instead of the text
        text = super().to_python(value) or ""
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > MOST_DATASETS:
            raise ValidationError(f"At most {MOST_DATASETS} can be given.")
        try:
            return list(dict.fromkeys(parse_doi(line) for line in lines))
        except CausedError as error:
            raise ValidationError(f"{error.cause.message} {error.cause.hint}") from error

    def prepare_value(self, value: object) -> object:
        return "\n".join(map(str, value)) if isinstance(value, list) else value


class RegisterForm(forms.Form):
    """The paper's DOI and where its notebooks are."""

    doi = DoiField(
        label="DOI of the paper",
        max_length=300,
        help_text="For example 10.1063/1.4962726. With the DOI of its data or its code the paper is looked for.",
    )
    source_url = forms.CharField(
        label="Repository with the notebooks",
        max_length=1000,
        required=False,
        help_text="A git address that anyone can fetch. Left empty, it is looked for.",
    )
    ref = forms.CharField(
        label="Branch, tag or commit",
        max_length=200,
        required=False,
        help_text="The default branch if empty. A tag or commit is better: it stays what it is.",
    )
    facility = forms.ModelChoiceField(
        Facility.objects.all(),
        required=False,
        empty_label="none, or not listed",
        help_text="Where the data were taken.",
    )
    datasets = DoisField(required=False, label="Datasets", help_text="The DOIs of the data behind it, one a line.")


class EmbargoForm(forms.Form):
    """The first day on which all of a publication is public."""

    until = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class AsOfForm(forms.Form):
    """As of which date what a repository does not pin is resolved."""

    as_of = forms.ChoiceField(choices=AsOf.choices)


class ByHandForm(forms.Form):
    """The metadata of a paper, for when no registration agency tells it."""

    title = forms.CharField(max_length=1000)
    creators = CreatorsField(label="Authors", help_text="One a line, as on the paper; an ORCID iD may follow the name.")
    published_on = forms.DateField(
        required=False, label="Publication date", widget=forms.DateInput(attrs={"type": "date"})
    )
    venue = forms.CharField(max_length=500, required=False, label="Journal or conference")
