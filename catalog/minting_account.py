"""Where DOIs of our own are minted. Plain data, read from the settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Minting:
    """An account at DataCite, and the kinds of records that get a DOI; `kinds` is empty where none do."""

    kinds: tuple[str, ...] = ()
    account: str = ""
    password: str = ""
    prefix: str = ""
    url: str = ""
