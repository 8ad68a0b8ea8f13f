"""What visitors type about a repository."""

from __future__ import annotations

from typing import Any

from builder.sources import check_address
from catalog.causes import CausedError
from catalog.described import InstrumentDraft
from catalog.forms import RegisterForm
from catalog.publication_form import LinesField, instruments_typed


class RegisterSourceForm(RegisterForm):
    """The registration form, which refuses an address that would never be fetched."""

    instruments = LinesField(
        parts=("name", "identifier"),
        help_text="One a line; its DOI or web address may follow after |. They belong to the facility above.",
    )

    def clean_instruments(self) -> list[InstrumentDraft]:
        """Refuse an identifier that is none."""
        return instruments_typed(self.cleaned_data["instruments"])

    def clean(self) -> dict[str, Any]:
        """Check address and ref together, as the fetch will read them."""
        values = super().clean() or {}
        if "source_url" in values and "ref" in values:
            values["source_url"] = values["source_url"].strip()
            if not values["source_url"]:
                self.add_error("source_url", "This field is required.")
                return values
            try:
                check_address(values["source_url"], values["ref"])
            except CausedError as error:
                self.add_error("source_url", f"{error.cause.message} {error.cause.hint}")
        return values
