"""Deposits of evidence at Zenodo: the account, and how large one may be."""

from __future__ import annotations

import re

from django.core.exceptions import ImproperlyConfigured

from catalog.depositing_account import Depositing
from config.env import Environment


def read_deposit_settings(env: Environment) -> Depositing:
    """Return how evidence is deposited. Raises ImproperlyConfigured where it is wanted and cannot be done so."""
    depositing = Depositing(
        is_on=env.boolean("REPRISE_ZENODO_DEPOSIT", False, "Deposit the evidence behind certificates at Zenodo."),
        url=env.url(
            "REPRISE_ZENODO_DEPOSIT_URL",
            "https://sandbox.zenodo.org",
            "Zenodo's address for deposits; the sandbox unless set to https://zenodo.org.",
            schemes=("https", "http"),
        ).rstrip("/"),
        token=env.text(
            "REPRISE_ZENODO_TOKEN",
            "",
            "Token with deposit:write and deposit:actions; give it as REPRISE_ZENODO_TOKEN_FILE.",
        ).strip(),
        community=env.text("REPRISE_ZENODO_COMMUNITY", "", "Identifier of the community that deposits are sent to."),
        most_bytes=env.size("REPRISE_ZENODO_MOST", "1G", "Largest bundle of evidence that is deposited."),
    )
    if depositing.is_on and not re.fullmatch(r"[!-~]+", depositing.token):
        raise ImproperlyConfigured("REPRISE_ZENODO_DEPOSIT needs REPRISE_ZENODO_TOKEN_FILE; see docs/settings.md.")
    return depositing
