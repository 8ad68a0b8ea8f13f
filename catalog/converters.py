"""Parts of addresses: a DOI, which holds slashes, so that it takes all that follows; a record and its format."""

from __future__ import annotations

import re

from catalog.causes import CausedError
from catalog.exposure.formats import BY_SUFFIX
from catalog.exposure.signposting import JSON_SUFFIX, TEXT_SUFFIX
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


class RecordKeyConverter:
    """The key of a record: its kind and its name, which may be a DOI and hold anything."""

    regex = "(?:publication|dataset|notebooks|environment|certificate)/.+"

    def to_python(self, value: str) -> str:
        """Return the key as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Return the key as it stands; Django quotes it."""
        return value


class RecordSuffixConverter:
    """The end of a record's address, which names its format."""

    regex = "|".join(re.escape(suffix) for suffix in (*BY_SUFFIX, JSON_SUFFIX, TEXT_SUFFIX))

    def to_python(self, value: str) -> str:
        """Return the suffix as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Return the suffix as it stands."""
        return value
