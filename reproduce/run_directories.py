"""The directory that one attempt of a run works in: held while its worker lives, removed when either is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from builder.held_directory import hold, release, remove_unless_held
from reproduce.models import Run


def runs_path() -> Path:
    """Where the runs under way work on this machine."""
    return Path(settings.REPRISE_DATA) / "runs"


@contextmanager
def run_directory(run: Run) -> Iterator[Path]:
    """Give the directory of this attempt, gone afterwards."""
    place = runs_path() / f"{run.pk}.{run.claim}"
    place.mkdir(parents=True, exist_ok=True)
    held = hold(place)
    try:
        yield place
    finally:
        release(place, held)


def sweep_run_directories() -> int:
    """Remove what attempts left that died with their worker or their machine; return how many.

    An attempt that lost its claim and has not noticed yet keeps its directory until it has.
    """
    try:
        places = [place for place in runs_path().iterdir() if place.is_dir() and not place.is_symlink()]
    except FileNotFoundError:
        return 0
    # Read after the directories were listed: a claim is there before its directory is.
    claims = {str(claim) for claim in Run.objects.active().exclude(claim=None).values_list("claim", flat=True)}
    return sum(remove_unless_held(place) for place in places if place.name.rpartition(".")[2] not in claims)
