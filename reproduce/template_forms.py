"""What authors say of a template, and what visitors choose to run one on a dataset."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from catalog.analysis_templates import read_endings
from catalog.causes import CausedError
from catalog.models import Target, Technique
from catalog.publication_form import offer_techniques
from reproduce.template_runs import Offer
from reproduce.template_slots import Slot

MOST_LISTED: Final = 500


class TemplateForm(forms.Form):
    """For which data a notebook is offered: at first for those of its paper's techniques."""

    techniques = forms.ModelMultipleChoiceField(
        Technique.objects.all(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one technique."},
        help_text="It is offered at data of these techniques and of narrower ones.",
    )
    find_techniques = forms.CharField(
        required=False,
        max_length=200,
        label="Find more techniques",
        help_text="Words of a technique of PaNET, or its id. “Search for techniques” lists what is found above.",
    )
    endings = forms.CharField(
        required=False,
        max_length=300,
        label="Files that it takes",
        help_text="Endings with spaces between, such as .h5 .nxs; as the published file’s if empty.",
    )

    def __init__(self, data: QueryDict | None = None, *, target: Target) -> None:
        template = getattr(target, "template", None)
        standing = list(template.techniques.all() if template else target.publication.techniques.all())
        endings = " ".join(template.endings) if template else ""
        super().__init__(data, initial={"techniques": [one.pk for one in standing], "endings": endings})
        offer_techniques(self, data, standing)

    def clean_endings(self) -> list[str]:
        """Refuse what is none."""
        try:
            return read_endings(str(self.cleaned_data["endings"]).replace(",", " ").split())
        except CausedError as error:
            raise ValidationError(f"{error.cause.message} {error.cause.hint}") from error


class FilesForm(forms.Form):
    """One choice for each place that takes a file; `chosen` are the files by the names of their slots."""

    def __init__(self, offer: Offer, *, start: dict[str, str], data: Any = None) -> None:  # noqa: ANN401 - a QueryDict or None
        super().__init__(data, prefix="file")
        self._slots = {str(number): slot for number, slot in enumerate(offer.slots)}
        self.is_cut = False
        for number, slot in self._slots.items():
            fitting = offer.fitting(slot)
            self.is_cut |= len(fitting) > MOST_LISTED
            self.fields[number] = _field(
                slot, fitting[:MOST_LISTED], start.get(slot.name), is_alone=len(offer.slots) == 1
            )

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen. Ask it of a valid form only."""
        given = {slot.name: self.cleaned_data.get(number) for number, slot in self._slots.items()}
        return {name: path for name, path in given.items() if path}


def _field(slot: Slot, files: tuple[str, ...], start: str | None, *, is_alone: bool) -> forms.Field:
    choices = [(path, path) for path in files]
    if slot.takes_all:
        choices = [("all", "all of the dataset")][: len(files)]
    kept = [] if is_alone and choices else [("", "as published" if not is_alone else "no file fits")]
    return forms.ChoiceField(
        choices=[*kept, *choices],
        required=is_alone,
        label=slot.name,
        initial=start or (choices[0][0] if choices else ""),
        error_messages={"required": "Choose a file."},
    )
