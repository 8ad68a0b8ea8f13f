"""Why evidence is not deposited: id, whose fault, message and hint, as `catalog.causes` lists them."""

from __future__ import annotations

from typing import Final, Literal

_Fault = Literal["author", "upstream", "operator", "service", "visitor"]

DEPOSITS: Final[tuple[tuple[str, _Fault, str, str], ...]] = (
    (
        "deposit-account",
        "operator",
        "Zenodo does not let this service deposit: {reason}",
        "Check REPRISE_ZENODO_TOKEN_FILE, that it may deposit:write and deposit:actions, and that it is one of"
        " REPRISE_ZENODO_DEPOSIT_URL.",
    ),
    (
        "deposit-refused",
        "service",
        "Zenodo refuses a deposit: {reason}",
        "Check REPRISE_ZENODO_COMMUNITY; else tell the developers. It is tried again.",
    ),
    (
        "deposit-unreachable",
        "upstream",
        "Zenodo cannot be reached, or gives no answer that can be read: {reason}",
        "Nothing needs to be done: it is tried again.",
    ),
    (
        "deposit-damaged",
        "upstream",
        "Zenodo has another file than was sent: its MD5 is {found}, not {wanted}.",
        "Nothing needs to be done: it is sent again before anything is published.",
    ),
    (
        "deposit-too-large",
        "operator",
        "The evidence of this run is larger than {limit} MB.",
        "Raise REPRISE_ZENODO_MOST; it is tried again.",
    ),
    (
        "deposit-unlicensed",
        "author",
        "The publication names no licence under which its evidence could be deposited.",
        "Name its licence by SPDX id on the page where its metadata are edited; it is tried again.",
    ),
)
