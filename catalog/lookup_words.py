"""What a look-up found, in lines for a terminal: each thing with its facts, each fact with who said it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from catalog.exposure.record import File, Organisation
from catalog.sources import Known
from catalog.sources.facts import Creator, DatasetFacts, Funder, PublicationFacts, Related, RepositoryFacts
from catalog.sources.merging import Merged

MOST_SHOWN: Final = 10
_LEFT_OUT: Final = frozenset({"notes", "published_precision", "agency", "reason"})
_WIDTH: Final = 100


def as_lines(known: Known) -> Iterator[str]:
    """Yield the lines."""
    if known.publication is not None:
        yield from _thing("Publication", known.publication)
    for dataset in known.datasets:
        yield from _thing(dataset.facts.type, dataset)
    for repository in known.repositories:
        yield from _thing("Repository", repository)
        if repository.facts.reason:
            yield f"  why: {repository.facts.reason}"
    for note in known.notes:
        yield f"note: {note}"
    yield f"{known.requests} question{'s' if known.requests != 1 else ''} asked."


def _thing(
    heading: str, merged: Merged[PublicationFacts] | Merged[DatasetFacts] | Merged[RepositoryFacts]
) -> Iterator[str]:
    yield heading
    facts = merged.facts
    for name, source in merged.provenance.items():
        if name in _LEFT_OUT:
            continue
        value = getattr(facts, name)
        if isinstance(value, tuple):
            yield f"  {name.replace('_', ' ')} ({len(value)}, {source})"
            for one in value[:MOST_SHOWN]:
                yield f"    {_item(one)}"
            if len(value) > MOST_SHOWN:
                yield f"    and {len(value) - MOST_SHOWN} more"
        else:
            yield f"  {name.replace('_', ' ')}: {_short(_item(value))}  ({source})"


def _item(value: object) -> str:
    if isinstance(value, Creator):
        works = "; ".join(one.name for one in value.affiliations)
        return ", ".join(part for part in (value.name, value.orcid or "", works) if part)
    if isinstance(value, Related):
        return f"{value.relation} {value.identifier} ({value.kind})"
    if isinstance(value, File):
        digest = f"sha256 {value.sha256}" if value.sha256 else f"md5 {value.md5}" if value.md5 else "no checksum"
        size = "size unknown" if value.size_bytes is None else f"{value.size_bytes} bytes"
        return f"{value.path}, {size}, {digest}"
    if isinstance(value, Organisation):
        return f"{value.name} {value.ror}".strip()
    if isinstance(value, Funder):
        return ", ".join(part for part in (value.name, value.award) if part)
    named: Mapping[str, str] = {"text": getattr(value, "text", ""), "name": getattr(value, "name", "")}
    return named["text"] or named["name"] or str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
