"""The directory of evidence as an RO-Crate: its metadata, its README, and all of it as one ZIP."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from catalog.exposure.media_types import media_type_of
from reproduce.cli.conduct import Ending, Outcome
from reproduce.cli.evidence import PUBLISHED, REPORT, STATEMENT, VERDICT, EvidenceDirectory
from reproduce.cli.source import Found
from reproduce.compare import COMPARATOR_VERSION
from reproduce.crate import METADATA, README, Crate, CrateFile, CrateParty, CrateRun
from reproduce.crate_document import crate_text
from reproduce.crate_words import APPLICATION, readme_text, verdict_sentence
from reproduce.crate_zip import zip_chunks

_HIDDEN: Final = ".gitignore"
_PARTY: Final = CrateParty(
    APPLICATION,
    "Reprise, called from a command line",
    "Whoever called manage.py reproduce; no organization stands behind this crate, and the address is the program's.",
)


def describe_evidence(
    outcome: Outcome, found: Found, evidence: EvidenceDirectory, environment: dict[str, Any] | None
) -> None:
    """Write README and metadata of the crate; a source without a notebook to tell of gives none."""
    facts = outcome.facts
    runs = [ending for ending in outcome.endings if _is_told(ending, evidence)]
    if facts is None or not runs:
        return
    title = f"Reproduction of {found.name}"
    sentences = [
        verdict_sentence(ending.path, ending.verdict, ending.cause.message if ending.cause else None) for ending in runs
    ]
    evidence.write(README, readme_text(title, sentences))
    files = evidence_files(evidence)
    crate = Crate(
        title=title,
        made_at=datetime.now(UTC),
        party=_PARTY,
        comparator=COMPARATOR_VERSION,
        source=str(found.source),
        commit=facts.commit,
        swhid=facts.swhid,
        environment=environment,
        runs=[_run_of(ending, evidence.folder_name(ending.path), files) for ending in runs],
        files=files,
    )
    evidence.write(METADATA, crate_text(crate))


def write_zip(place: Path, evidence: EvidenceDirectory) -> bool:
    """Write the crate as a ZIP, whole or not at all; tell whether there was one. Raises OSError."""
    files = evidence_files(evidence)
    if not any(file.name == README for file in files):
        return False
    with evidence.open(METADATA) as stream:
        texts = {METADATA: stream.read().decode()}
    partial = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with partial.open("wb") as target:
            for chunk in zip_chunks(texts, files, lambda file: evidence.open(file.name), at=datetime.now(UTC)):
                target.write(chunk)
        partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)
    return True


def evidence_files(evidence: EvidenceDirectory) -> list[CrateFile]:
    """Return the files that are described: all but the metadata themselves and what keeps git away."""
    found = []
    for path in evidence.files():
        name = path.as_posix()
        if name in (METADATA, _HIDDEN):
            continue
        with evidence.open(name) as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.seek(0, os.SEEK_END)
        kind = media_type_of(name) or "application/octet-stream"
        found.append(CrateFile(name, kind, digest, size))
    return found


def _is_told(ending: Ending, evidence: EvidenceDirectory) -> bool:
    return ending.is_asked and Path(evidence.folder_name(ending.path), PUBLISHED) in evidence.files()


def _run_of(ending: Ending, folder: str, files: Sequence[CrateFile]) -> CrateRun:
    result = ending.reproduction.result if ending.reproduction else None
    inside = [file.name.removeprefix(f"{folder}/") for file in files if file.name.startswith(f"{folder}/")]
    compared = [name for name in inside if name == VERDICT or name.startswith("cell-")]
    left = [name for name in inside if name not in compared and name != PUBLISHED]
    return CrateRun(
        notebook=ending.path,
        published=f"{folder}/{PUBLISHED}",
        verdict=ending.verdict,
        cause=ending.cause.as_dict() if ending.cause else None,
        is_completed=ending.reproduction is not None and ending.reproduction.comparison is not None,
        started_at=result.started_at if result else None,
        ended_at=result.ended_at if result else None,
        parameters=dict(ending.parameters),
        data=result.data if result else [],
        network=result.network if result else None,
        left=[f"{folder}/{name}" for name in left],
        compared=[*(f"{folder}/{name}" for name in compared), REPORT, STATEMENT],
    )
