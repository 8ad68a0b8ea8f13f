"""Persistent identifiers: what a person pastes becomes one normal form, or an error that says why not.

Rules are from the DOI Handbook (https://doi.org/10.1000/182, numbering and case), the ORCID support pages
(checksum, ISO/IEC 7064 MOD 11-2), the ROR documentation (Crockford base 32 with an ISO/IEC 7064 MOD 97-10 check)
and the PaNET ontology (http://purl.org/pan-science/PaNET/).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from catalog.causes import CausedError

MAX_DOI_LENGTH: Final = 255
MAX_SLUG_LENGTH: Final = 60

_DOI_HOSTS: Final = frozenset({"doi.org", "dx.doi.org", "www.doi.org"})
_DOI_LABEL: Final = re.compile(r"(?:urn:doi:|info:doi/|doi:)\s*", re.IGNORECASE)
_DOI_HOST_WITHOUT_SCHEME: Final = re.compile(r"(?:dx\.|www\.)?doi\.org/", re.IGNORECASE)
_DOI: Final = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]{1,9})*/\S+")
_ENCODED_DOI: Final = re.compile(r"10\.[0-9.]+%2f", re.IGNORECASE)
_ASCII_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_ORCID: Final = re.compile(r"(?:https?://(?:www\.)?orcid\.org/)?([0-9]{4}-?[0-9]{4}-?[0-9]{4}-?[0-9]{3}[0-9Xx])/?")
_ROR: Final = re.compile(r"(?:(?:https?://)?ror\.org/)?(0[0-9a-hjkmnp-tv-z]{6}[0-9]{2})/?", re.IGNORECASE)
_CROCKFORD: Final = {sign: value for value, sign in enumerate("0123456789abcdefghjkmnpqrstvwxyz")}
_PANET: Final = re.compile(r"(?:https?://purl\.org/pan-science/PaNET/)?(?:PaNET[:_]?)?([0-9]{5})", re.IGNORECASE)


class IdentifierError(CausedError):
    """The text is no identifier of the kind that was asked for."""


def parse_doi(text: str) -> str:
    """Return the DOI in `text` bare and in lower case, for example 10.1063/1.4962726.

    Accepts a bare DOI, doi:, info:doi/ and urn:doi: forms and addresses at doi.org, percent-encoded or not. DOIs are
    case-insensitive in ASCII (DOI Handbook 2.4), so ASCII letters are folded and others kept. Full stops, commas and
    semicolons at the end are taken for the punctuation of the sentence that the DOI was copied from.
    Raises IdentifierError (doi-malformed).
    """
    doi = _bare_doi(text.strip()).rstrip(".,;").translate(_ASCII_LOWER)
    # Dot segments would be resolved away in an address and lead to another DOI.
    segments = doi.split("/")
    if (
        len(doi) > MAX_DOI_LENGTH
        or not doi.isprintable()
        or not _DOI.fullmatch(doi)
        or any(segment in {".", ".."} for segment in segments)
    ):
        raise IdentifierError("doi-malformed", doi=_shown(text))
    return doi


def _bare_doi(text: str) -> str:
    if _DOI_HOST_WITHOUT_SCHEME.match(text):
        text = f"https://{text}"
    if text[:8].lower().startswith(("http://", "https://")):
        try:
            parts = urlsplit(text)
            host = (parts.hostname or "").lower()
        except ValueError:
            return ""
        return unquote(parts.path.removeprefix("/")) if host in _DOI_HOSTS else ""
    label = _DOI_LABEL.match(text)
    bare = text[label.end() :] if label else text
    return unquote(bare) if _ENCODED_DOI.match(bare) else bare


def is_doi(text: str) -> bool:
    """Tell whether parse_doi accepts `text`."""
    try:
        parse_doi(text)
    except IdentifierError:
        return False
    return True


def doi_url(doi: str) -> str:
    """Return the https address of a normalised DOI, percent-encoded where an address needs it."""
    return f"https://doi.org/{quote(doi, safe='/:;()')}"


def parse_orcid(text: str) -> str:
    """Return the ORCID iD in `text` as 0000-0002-1825-0097, from any of its written forms.

    The last sign is checked by ISO/IEC 7064 MOD 11-2. Raises IdentifierError (orcid-malformed).
    """
    match = _ORCID.fullmatch(text.strip())
    if match is None:
        raise IdentifierError("orcid-malformed", orcid=_shown(text))
    signs = match[1].replace("-", "").upper()
    total = 0
    for digit in signs[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if signs[-1] != ("X" if check == 10 else str(check)):
        raise IdentifierError("orcid-malformed", orcid=_shown(text))
    return "-".join(signs[start : start + 4] for start in range(0, 16, 4))


def parse_ror(text: str) -> str:
    """Return the ROR id in `text` as https://ror.org/01zy2cs03, the form ROR asks for.

    Its last two digits are checked by ISO/IEC 7064 MOD 97-10 over the number that the seven signs before them write in
    Crockford's base 32. Raises IdentifierError (ror-malformed).
    """
    match = _ROR.fullmatch(text.strip())
    if match is None:
        raise IdentifierError("ror-malformed", ror=_shown(text))
    signs = match[1].lower()
    number = 0
    for sign in signs[:7]:
        number = number * 32 + _CROCKFORD[sign]
    if int(signs[7:]) != 98 - (number * 100) % 97:
        raise IdentifierError("ror-malformed", ror=_shown(text))
    return f"https://ror.org/{signs}"


def panet_iri(text: str) -> str:
    """Return the IRI of a PaNET technique from its IRI, its id (PaNET01168) or the id's five digits.

    Raises IdentifierError (technique-malformed). Whether the ontology has such a term is not checked here.
    """
    match = _PANET.fullmatch(text.strip())
    if match is None:
        raise IdentifierError("technique-malformed", technique=_shown(text))
    return f"http://purl.org/pan-science/PaNET/PaNET{match[1]}"


def parse_pid(text: str) -> str:
    """Return what names an instrument or a funder: a bare DOI, or a web address of at most 300 signs.

    Raises IdentifierError (pid-malformed).
    """
    if is_doi(text):
        return parse_doi(text)
    address = text.strip()
    try:
        is_address = bool(urlsplit(address).hostname) and urlsplit(address).scheme in {"http", "https"}
    except ValueError:
        is_address = False
    if not is_address or not address.isprintable() or " " in address or len(address) > 300:
        raise IdentifierError("pid-malformed", pid=_shown(text))
    return address


def target_slug(label: str) -> str:
    """Return the part of an address that names a target: "Figure 3a" becomes figure-3a.

    Never empty: a label without a Latin letter or digit is named by the start of its digest.
    """
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG_LENGTH].rstrip("-")
    return slug or f"target-{hashlib.sha256(label.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _shown(text: str) -> str:
    """Shorten what is repeated in a message, and show signs that do not print as what they are."""
    short = text.strip()[:80]
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in short)
