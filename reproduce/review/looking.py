"""The leak scan of a publication: it takes the way of a reviewer through everything, and writes down what it met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from catalog.errors import CatalogError
from catalog.masking.scan import Scan, Text, scan
from catalog.models import Publication
from reproduce.models import Run
from reproduce.review.crate import crate_words
from reproduce.review.shown import (
    ENVIRONMENT_FILES,
    environment_file_given,
    file_given,
    files_of,
    publication_shown,
    run_shown,
    runs_of,
    targets_of,
    veil_of,
)
from reproduce.review.veil import Veil

MOST_FURTHER_SIGNS: Final = 5000
_MOST_LETTERS: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """What a scan came to: its findings, how many pictures nobody read, and what the author should know of."""

    scan: Scan
    pictures: int
    stays: tuple[str, ...]
    files: tuple[str, ...]
    hidden: tuple[str, ...]

    @property
    def count_to_mend(self) -> int:
        """How many things the author must look at before a link is issued."""
        return len(self.scan.to_mend) + len(self.stays) + len(self.files) + bool(self.pictures)

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers that are kept with a link: no word of what was found."""
        masked = sum(finding.count for finding in self.scan.masked)
        return {"masked": masked, "to_look_at": self.count_to_mend, "pictures": self.pictures}


def look_through(publication: Publication, *, further: list[str]) -> Look:
    """Return what a reviewer would meet. Raises CatalogError review-too-much."""
    veil = veil_of(publication, further, is_recording=True)
    hidden: set[str] = set()
    publication_shown(veil, publication)
    for target in targets_of(publication):
        for run in runs_of(target, None):
            _look_at_run(veil, run, hidden)
    texts = list(dict.fromkeys(veil.texts or ()))
    return Look(
        scan(texts, veil.mask),
        veil.pictures,
        tuple(sorted(veil.stays)),
        tuple(sorted(veil.files)),
        tuple(sorted(hidden)),
    )


def _look_at_run(veil: Veil, run: Run, hidden: set[str]) -> None:
    run_shown(veil, run)
    files = files_of(veil, run)
    hidden.update(set(run.artefacts) - set(files))
    for name, file in files.items():
        if file_given(veil, run, file.name) is None:
            hidden.add(name)
        _check_amount(veil.texts or [])
    crate_words(veil, run)
    if run.environment is not None:
        for name in ENVIRONMENT_FILES:
            environment_file_given(veil, run.environment, name)


def _check_amount(texts: list[Text]) -> None:
    letters = sum(len(text.plain) for text in texts)
    if letters > _MOST_LETTERS:
        raise CatalogError("review-too-much", reason=f"{letters} letters, where {_MOST_LETTERS} are looked through")
