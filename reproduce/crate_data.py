"""The data of a run in its RO-Crate: what it was shown, what it fetched, what it was derived from. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from reproduce.crate import CrateRun
from reproduce.crate_words import address_of, data_words
from reproduce.network_words import shortened

# RO-Crate 1.1 has no word of its own for it.
PROV_TERMS: Final = {"wasDerivedFrom": "http://www.w3.org/ns/prov#wasDerivedFrom"}
_DATASET: Final = "http://schema.org/Dataset"
_MOST_FILES: Final = 1000

Add = Callable[..., Any]  # Any: the entities of rocrate, which has no types


def data_read(add: Add, number: int, run: CrateRun) -> list[Any]:
    """Add what the run was shown and what it fetched, and return it."""
    shown = [
        add(
            f"#notebook-{number}-data-{place}",
            "CreativeWork",
            name=str(one["dataset"]),
            identifier=address_of(str(one["dataset"])),
            description=data_words(one),
            additionalType=_DATASET,
        )
        for place, one in enumerate(run.data, start=1)
    ]
    fetched = [one for one in (shortened(run.network) or {}).get("fetched", ()) if one.get("sha256")]
    return shown + [
        add(
            f"#notebook-{number}-fetched-{place}",
            "CreativeWork",
            name=f"Fetched while it ran: {one['url']}",
            url=one["url"],
            sha256=one["sha256"],
            contentSize=str(one["size_bytes"]),
        )
        for place, one in enumerate(fetched, start=1)
    ]


def derivation(add: Add, number: int, derived_from: Mapping[str, Any]) -> list[Any]:
    """Add the dataset that took the place of the notebook's own, and those of its files, and return them."""
    doi = str(derived_from["dataset"])
    dataset = add(address_of(doi), "CreativeWork", name=doi, identifier=address_of(doi), additionalType=_DATASET)
    files = [
        add(
            f"#notebook-{number}-source-{place}",
            "CreativeWork",
            name=str(one["path"]),
            description=f"In the place of {one['slot']}.",
            isPartOf=dataset,
            sha256=one.get("sha256"),
            identifier=f"md5:{one['md5']}" if one.get("md5") else one.get("checksum"),
            contentSize=str(one["size_bytes"]) if "size_bytes" in one else None,
        )
        for place, one in enumerate(derived_from["files"][:_MOST_FILES], start=1)
    ]
    return [dataset, *files]
