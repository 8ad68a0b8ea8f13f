"""The part of an address that is a DOI. It holds slashes, so it takes all that follows."""

from __future__ import annotations

from catalog.causes import CausedError
from catalog.identifiers import parse_doi


class DoiConverter:
    """Reads a DOI in any case as its normal form; what is none does not match."""

    regex = r"10\.[0-9]{4,9}(?:\.[0-9]{1,9})*/.+"

    def to_python(self, value: str) -> str:
        """Return the DOI in lower case. Raises ValueError, which Django takes as no match."""
        try:
            return parse_doi(value)
        except CausedError as error:
            raise ValueError(value) from error

    def to_url(self, value: str) -> str:
        """Return the DOI as it stands in an address; Django quotes it."""
        return value
