"""The RO-Crate of a run as a reviewer gets it: the files that are shown, masked, told of in words that were masked too.

Nothing is taken from the crate that everybody else gets: what this one says is listed here. It names no author, no
publication, no licence, no repository, commit or date of it, no data and nothing that was fetched.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from catalog.errors import CatalogError
from catalog.masking.scan import is_left
from reproduce.crate import METADATA, README, Crate, CrateFile, CrateRun
from reproduce.crate_document import crate_text
from reproduce.crate_words import derived_sentence, readme_text, verdict_sentence
from reproduce.crate_zip import zip_chunks
from reproduce.models import Run
from reproduce.presentation import values_words
from reproduce.review.shown import content_of, files_of
from reproduce.review.veil import Veil
from reproduce.run_crate import FOLDER, PUBLISHED, comparator_of, has_crate, left_and_compared, service_party

MOST_BYTES: Final = 64 << 20
_SOURCE: Final = "https://masked.invalid/notebooks"
_DIGEST: Final = re.compile(r"\b[0-9a-f]{64}\b")
# Kinds for which no word of the crate's own can be taken.
_SURE: Final = frozenset({"repository", "DOI", "commit", "e-mail", "ORCID", "home directory"})


@dataclass(frozen=True, slots=True)
class CrateWords:
    """What the crate says of a run in the author's words, masked."""

    title: str
    notebook: str
    why: str
    parameters: dict[str, Any]


def crate_words(veil: Veil, run: Run) -> CrateWords:
    """Return the author's words in the crate of a run."""
    place = f"crate of {run.target.label}"
    values = veil.give(f"{place}, values", json.dumps(run.all_parameters).encode(), "application/json")
    return CrateWords(
        veil.say(place, f"{run.target.label} of {run.target.publication.title}, run again"),
        veil.say(f"{place}, path of the notebook", run.target.notebook),
        veil.say(f"{place}, cause", (run.cause or {}).get("message")),
        json.loads(values or b"{}"),
    )


def blind_crate(veil: Veil, run: Run) -> bytes | None:
    """Return the ZIP of the crate; None where there is none, or its notebook cannot be masked.

    `veil` keeps the texts. Raises CatalogError review-crate-named where a name stays, and review-too-much.
    """
    contents = _contents(veil, run) if has_crate(run) and PUBLISHED in files_of(veil, run) else {}
    if PUBLISHED not in contents:
        return None
    words = crate_words(veil, run)
    if run.is_derived:
        sentence = derived_sentence(words.notebook, values_words(words.parameters), "", words.why)
    else:
        sentence = verdict_sentence(words.notebook, run.verdict, words.why)
    readme = readme_text(words.title, [sentence])
    files = [_file(name, kind, content) for name, kind, content in contents.values()]
    about = _file(README, "text/markdown", readme.encode())
    text = crate_text(
        _crate(run, words, {own: FOLDER + name for own, (name, _, _) in contents.items()}, [about, *files])
    )
    _refuse_what_is_named(veil, text)
    held = {FOLDER + name: content for name, _, content in contents.values()}
    at = run.ended_at or timezone.now()
    texts = {METADATA: text, README: readme}
    return b"".join(zip_chunks(texts, files, lambda file: io.BytesIO(held[file.name]), at=at))


def _contents(veil: Veil, run: Run) -> dict[str, tuple[str, str, bytes]]:
    """Return the name that is shown, the media type and the masked content of each file, by its own name."""
    found: dict[str, tuple[str, str, bytes]] = {}
    size_bytes = 0
    for own, file in files_of(veil, run).items():
        content = content_of(veil, run, file)
        if content is None:
            continue
        size_bytes += len(content)
        if size_bytes > MOST_BYTES:
            raise CatalogError("review-too-much", reason=f"its files are larger than {MOST_BYTES >> 20} MB together")
        found[own] = (file.name, file.media_type, content)
        _refuse_what_is_left(veil)
    return found


def _file(name: str, media_type: str, content: bytes) -> CrateFile:
    place = name if name == README else FOLDER + name
    return CrateFile(place, media_type, hashlib.sha256(content).hexdigest(), len(content))


def _crate(run: Run, words: CrateWords, places: dict[str, str], files: list[CrateFile]) -> Crate:
    left, compared = left_and_compared(places)
    environment = run.environment
    told = CrateRun(
        notebook=words.notebook,
        published=places[PUBLISHED],
        verdict=run.verdict,
        cause={"message": words.why} if words.why else None,
        is_completed=run.comparison is not None,
        started_at=run.started_at.isoformat() if run.started_at else None,
        ended_at=run.ended_at.isoformat() if run.ended_at else None,
        parameters=words.parameters,
        data=(),
        network=None,
        left=[places[name] for name in left],
        compared=[places[name] for name in compared],
    )
    return Crate(
        title=words.title,
        made_at=run.ended_at or timezone.now(),
        party=service_party(),
        comparator=comparator_of(run),
        source=_SOURCE,
        commit=None,
        swhid=None,
        environment={"engine": environment.engine, "python": environment.python} if environment else None,
        runs=[told],
        files=files,
    )


def _refuse_what_is_left(veil: Veil) -> None:
    """Raise CatalogError review-crate-named where masking left something of the texts that were kept; forget them."""
    texts, veil.texts = veil.texts or [], []
    if is_left(texts, veil.mask):
        raise CatalogError("review-crate-named")


def _refuse_what_is_named(veil: Veil, text: str) -> None:
    """Raise CatalogError review-crate-named where the words or the document as a whole tell who made it."""
    _refuse_what_is_left(veil)
    plain = _DIGEST.sub("", text).replace(settings.REPRISE_URL, "")
    if any(found.kind in _SURE for found in veil.mask.find(plain)):
        raise CatalogError("review-crate-named")
