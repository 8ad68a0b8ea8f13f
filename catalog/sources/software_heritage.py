"""Ask Software Heritage whether code is archived, and of an archived object where it came from.

Format: https://archive.softwareheritage.org/api/1/ ("resolve", "origin/visit/latest", "revision"); SWHID:
https://www.swhid.org/specification/v1.1/.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

from catalog.sources import tolerant
from catalog.sources.asking import Asking
from catalog.sources.facts import Found, RepositoryFacts
from catalog.sources.reference import Reference

_HOST: Final = "archive.softwareheritage.org"


class SoftwareHeritage:
    """The archive of public source code."""

    name = "Software Heritage"
    is_git_host = False

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint.rstrip("/")

    def detect(self, reference: Reference) -> str:
        """Return a SWHID, or the address of the repository whose page in the archive was given."""
        if reference.swhid:
            return reference.swhid
        if reference.host != _HOST:
            return ""
        origins = tolerant.query_values(reference.url, "origin_url")
        return tolerant.web_address(origins[0]) if origins else ""

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return the repository that an archived object is of, where that is known, with its SWHID."""
        if not place.startswith("swh:"):
            return (Found(self.name, repositories=(self._visited(place, reference, asking),)),)
        core, _, qualifiers = place.partition(";")
        known = tolerant.mapping(asking.json(f"{self._endpoint}/api/1/resolve/{core}/", about=reference.text))
        said = dict(one.partition("=")[::2] for one in qualifiers.split(";") if one)
        origin = tolerant.web_address(unquote(said.get("origin", "")))
        notes: tuple[str, ...] = ()
        revision = core if known.get("object_type") == "revision" else said.get("anchor", "")
        commit = revision.removeprefix("swh:1:rev:") if revision.startswith("swh:1:rev:") else ""
        if not origin:
            notes = (f"{core} is archived, but nothing in it says which repository it is from.",)
        facts = RepositoryFacts(
            url=origin,
            ref=commit,
            swhid=core,
            reason="The SWHID names it." if origin else "",
            notes=notes,
        )
        return (Found(self.name, repositories=(facts,)),)

    def _visited(self, origin: str, reference: Reference, asking: Asking) -> RepositoryFacts:
        url = f"{self._endpoint}/api/1/origin/{quote(origin, safe=':/')}/visit/latest/?require_snapshot=true"
        visit = tolerant.mapping(asking.json(url, about=reference.text))
        digest = tolerant.line(visit.get("snapshot"), 80)
        snapshot = f"swh:1:snp:{digest}" if re.fullmatch(r"[0-9a-f]{40}", digest) else ""
        day = tolerant.iso_date(visit.get("date"))
        when = f" on {day[0].isoformat()}" if day else ""
        notes = (f"Archived by Software Heritage{when} as {snapshot}.",) if snapshot else ()
        return RepositoryFacts(url=origin, swhid=snapshot, reason="The archive's page names it.", notes=notes)
