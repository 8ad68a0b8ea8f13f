"""DOIs of our own: the account at DataCite, and what gets one."""

from __future__ import annotations

import re
from typing import Final

from django.core.exceptions import ImproperlyConfigured

from catalog.minting_account import Minting
from config.env import Environment

KINDS: Final = ("certificate", "notebooks")


def read_minting_settings(env: Environment) -> Minting:
    """Return how DOIs are minted. Raises ImproperlyConfigured where what is wanted cannot be done so."""
    wanted = env.items(
        "REPRISE_MINT", "", "What gets a DOI of its own at DataCite: certificate, notebooks, or both. Empty: nothing."
    )
    minting = Minting(
        kinds=tuple(wanted),
        account=env.text("REPRISE_MINT_ACCOUNT", "", "Repository account at DataCite."),
        password=env.text("REPRISE_MINT_PASSWORD", "", "Its password; give it as REPRISE_MINT_PASSWORD_FILE."),
        prefix=env.text("REPRISE_MINT_PREFIX", "", "DOI prefix of that account, as 10.5072."),
        url=env.url(
            "REPRISE_MINT_URL",
            "https://api.test.datacite.org",
            "DataCite's REST API; the test system unless set to https://api.datacite.org.",
            schemes=("https", "http"),
        ),
    )
    unknown = [kind for kind in minting.kinds if kind not in KINDS]
    if unknown:
        raise ImproperlyConfigured(f"REPRISE_MINT knows certificate and notebooks, not {unknown[0]}.")
    if minting.kinds and not (minting.account and minting.password and re.fullmatch(r"10\.\d{4,9}", minting.prefix)):
        raise ImproperlyConfigured(
            "REPRISE_MINT needs REPRISE_MINT_ACCOUNT, REPRISE_MINT_PASSWORD_FILE and REPRISE_MINT_PREFIX;"
            " see docs/settings.md."
        )
    return minting
