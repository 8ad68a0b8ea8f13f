"""The RO-Crate of a run on record: its metadata, its README, its ZIP. Made when asked for, from what is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from catalog.artefacts import ArtefactError
from reproduce.compare import COMPARATOR_VERSION
from reproduce.crate import METADATA, README, Crate, CrateFile, CrateParty, CratePublication, CrateRun
from reproduce.crate_document import crate_text
from reproduce.crate_words import derived_sentence, readme_text, verdict_sentence
from reproduce.crate_zip import zip_chunks
from reproduce.models import Run
from reproduce.presentation import values_words
from reproduce.record import open_store, read_statement

# As in the address of an artefact, so that one document serves in the ZIP and on the web.
FOLDER: Final = "artefacts/"
PUBLISHED: Final = "published.ipynb"
_LEFT: Final = ("executed.ipynb", "kernel.log", "events.jsonl", "scheduler.json", "modules.json")
_COMPARED: Final = ("verdict.json", "report.html", "report.pdf")


def has_crate(run: Run) -> bool:
    """Tell whether there is a crate: the run is over, and its notebook was found."""
    return not run.is_active and run.snapshot is not None and PUBLISHED in run.artefacts


def crate_texts(run: Run, *, is_on_web: bool = False) -> dict[str, str]:
    """Return the two documents of the crate by name, of a run that has one. Raises ArtefactError (artefact-missing).

    With `is_on_web` the notebook at its address here is the workflow; only of a run that everybody may see.
    """
    why, notebook = run.cause["message"] if run.cause else None, run.target.notebook
    if run.is_derived:
        sentence = derived_sentence(notebook, values_words(run.parameters), run.dataset.doi if run.dataset else "", why)
    else:
        sentence = verdict_sentence(notebook, run.verdict, why)
    readme = readme_text(_title(run), [sentence])
    about = CrateFile(README, "text/markdown", hashlib.sha256(readme.encode()).hexdigest(), len(readme.encode()))
    return {METADATA: crate_text(_crate_of(run, about, is_on_web=is_on_web)), README: readme}


def crate_chunks(run: Run, *, is_on_web: bool = False) -> Iterator[bytes]:
    """Return the pieces of the crate's ZIP. Raises ArtefactError (artefact-missing) before the first of them."""
    store = open_store()
    files = _files(run)
    for file in files:
        if not store.has(file.sha256):
            raise ArtefactError("artefact-missing", digest=file.sha256)
    texts = crate_texts(run, is_on_web=is_on_web)
    return zip_chunks(texts, files, lambda file: store.open(file.sha256), at=run.ended_at or timezone.now())


def service_party() -> CrateParty:
    """Return this service as who ran and compared it."""
    address = settings.REPRISE_URL
    return CrateParty(address, f"Reprise at {address}", "The service that ran and compared it.")


def left_and_compared(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return which of a run's artefacts the notebook's run left, and which the comparison made."""
    left = [name for name in names if name in _LEFT or name.startswith("files/")]
    return left, [name for name in names if name in _COMPARED or name.startswith(("cell-", "file-"))]


def comparator_of(run: Run) -> str:
    """Return the version of what compared it."""
    return str((run.comparison or {}).get("version", COMPARATOR_VERSION))


def _crate_of(run: Run, readme: CrateFile, *, is_on_web: bool) -> Crate:
    publication = run.target.publication
    snapshot, environment = run.snapshot, run.environment
    address = f"{settings.REPRISE_URL}{reverse('artefact', args=[run.pk, PUBLISHED])}"
    return Crate(
        title=_title(run),
        made_at=run.ended_at or timezone.now(),
        party=service_party(),
        comparator=comparator_of(run),
        source=str(run.target.repository),
        commit=(snapshot.commit or None) if snapshot else None,
        swhid=snapshot.swhid if snapshot else None,
        environment={
            "engine": environment.engine,
            "python": environment.python,
            "as_of": environment.as_of.isoformat(),
            "lock_sha256": environment.lock_sha256,
            "details": environment.details,
        }
        if environment
        else None,
        runs=[_run_of(run, address if is_on_web else "")],
        files=[readme, *_files(run)],
        publication=CratePublication(
            publication.doi, publication.title, publication.licence, tuple(publication.creators)
        ),
    )


def _run_of(run: Run, published_at: str) -> CrateRun:
    left, compared = left_and_compared(run.artefacts)
    said = ((read_statement(run) or {}).get("notebooks") or [{}])[0]
    return CrateRun(
        notebook=run.target.notebook,
        published=FOLDER + PUBLISHED,
        verdict=run.verdict,
        cause=run.cause,
        is_completed=run.comparison is not None,
        started_at=run.started_at.isoformat() if run.started_at else None,
        ended_at=run.ended_at.isoformat() if run.ended_at else None,
        parameters=said.get("parameters", run.all_parameters),
        data=run.data,
        network=run.network,
        left=[FOLDER + name for name in left],
        compared=[FOLDER + name for name in compared],
        published_at=published_at,
        derived_from=run.was_derived_from,
    )


def _files(run: Run) -> list[CrateFile]:
    return [
        CrateFile(FOLDER + name, str(kept["media_type"]), str(kept["sha256"]), int(kept["size_bytes"]))
        for name, kept in sorted(run.artefacts.items())
    ]


def _title(run: Run) -> str:
    other = f" on {run.dataset.title}" if run.dataset else ""
    return f"{run.target.label} of {run.target.publication.title}, run again{other}"
