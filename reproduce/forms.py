"""What visitors ask of a target."""

from __future__ import annotations

from typing import Any

from django import forms

from catalog.models import AsOf


class ReproduceForm(forms.Form):
    """As of which date a target is reproduced; the repository's own where nothing is said."""

    as_of = forms.ChoiceField(choices=AsOf.choices, required=False)


class WatchForm(forms.Form):
    """How often a target is re-run, or that it no longer is."""

    every_days = forms.IntegerField(
        min_value=1, max_value=366, required=False, label="Re-run every … days", widget=forms.NumberInput()
    )
    is_over = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("is_over") and not values.get("every_days") and "every_days" not in self.errors:
            self.add_error("every_days", "Give a number of days.")
        return values
