"""Causes of evidence that is not deposited; they stand in the one catalogue of catalog.causes."""

from __future__ import annotations

from typing import Final

from catalog.cause_kinds import Kind

# fmt: off
DEPOSIT_KINDS: Final = (
    Kind("deposit-account", "operator", "Zenodo does not let this service deposit: {reason}", "Check REPRISE_ZENODO_TOKEN_FILE, that it may deposit:write and deposit:actions, and that it is one of REPRISE_ZENODO_DEPOSIT_URL."),
    Kind("deposit-refused", "service", "Zenodo refuses a deposit: {reason}", "Check REPRISE_ZENODO_COMMUNITY; else tell the developers. It is tried again."),
    Kind("deposit-unreachable", "upstream", "Zenodo cannot be reached, or gives no answer that can be read: {reason}", "Nothing needs to be done: it is tried again."),
    Kind("deposit-damaged", "upstream", "Zenodo has another file than was sent: its MD5 is {found}, not {wanted}.", "Nothing needs to be done: it is sent again before anything is published."),
    Kind("deposit-too-large", "operator", "The evidence of this run is larger than {limit} MB.", "Raise REPRISE_ZENODO_MOST; it is tried again."),
    Kind("deposit-unlicensed", "author", "The publication names no licence under which its evidence could be deposited.", "Name its licence by SPDX id on the page where its metadata are edited; it is tried again."),
    Kind("deposit-not-possible", "visitor", "The evidence of this certificate cannot be deposited: {reason}.", "Evidence is deposited of the newest certificate of a target whose publication is public and no demonstration, where the operator turned it on."),
)
# fmt: on
