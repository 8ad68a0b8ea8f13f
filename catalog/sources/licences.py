"""Name a licence: by its SPDX id where it can be told, else by its address."""

from __future__ import annotations

import re
from typing import Final

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from catalog.sources.tolerant import web_address

_CREATIVE_COMMONS: Final = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/licenses/"
    r"(by|by-sa|by-nd|by-nc|by-nc-sa|by-nc-nd)/([1-4]\.[05])(?:/(?:[a-z-]+(?:\.[a-z]+)?)?)?/?",
    re.IGNORECASE,
)
_CREATIVE_COMMONS_ID: Final = re.compile(r"CC-((?:BY|BY-SA|BY-ND|BY-NC|BY-NC-SA|BY-NC-ND))-([1-4]\.[05])")
_CC0: Final = re.compile(r"https?://(?:www\.)?creativecommons\.org/publicdomain/zero/1\.0(?:/.*)?", re.IGNORECASE)
_SPDX_ADDRESS: Final = re.compile(r"https?://spdx\.org/licenses/([A-Za-z0-9.+-]{1,60}?)(?:\.html|\.json)?/?", re.I)
_OSI_ADDRESS: Final = re.compile(r"https?://(?:www\.)?opensource\.org/licenses?/([A-Za-z0-9.+-]{1,60})/?", re.I)


def licence_name(value: object) -> str:
    """Return the SPDX id that `value` is or leads to, the address that it is, or "".

    Creative Commons deeds and legal codes are told by address (https://creativecommons.org/licenses/list.en), others
    by the list of SPDX. Ported licences (by/3.0/de) are named by the unported one only where the address says no
    country.
    """
    if not isinstance(value, str) or len(value) > 200:
        return ""
    text = value.strip()
    if match := _CREATIVE_COMMONS.fullmatch(text):
        port = text[match.end(2) :].strip("/").lower()
        if port in {"", "legalcode", "deed", "legalcode.en", "deed.en"}:
            return _canonical(f"CC-{match[1]}-{match[2]}") or text
        return text
    if _CC0.fullmatch(text):
        return "CC0-1.0"
    if match := _SPDX_ADDRESS.fullmatch(text) or _OSI_ADDRESS.fullmatch(text):
        return _canonical(match[1]) or text
    return _canonical(text) or web_address(text)


def licence_address(name: str) -> str:
    """Return where the text of an SPDX licence stands; empty for an expression of several, and for no id."""
    if not name or _canonical(name) != name or " " in name:
        return ""
    if name == "CC0-1.0":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    if match := _CREATIVE_COMMONS_ID.fullmatch(name):
        return f"https://creativecommons.org/licenses/{match[1].lower()}/{match[2]}/"
    return f"https://spdx.org/licenses/{name}.html"


def _canonical(text: str) -> str:
    try:
        name = str(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        return ""
    return "" if name.startswith("LicenseRef") else name
