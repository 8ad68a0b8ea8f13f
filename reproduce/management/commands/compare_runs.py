"""manage.py compare_runs ONE OTHER: compare the recorded figures of two runs as numbers."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.artefacts import ArtefactError
from reproduce.compare import Tolerance
from reproduce.models import Run
from reproduce.record import open_store
from reproduce.recorded_figures import RecordedFigures, compare_recorded_figures, figures_of_bundle
from reproduce.runner.bundle import BundleUnusableError

_NO_RECORDS = 2


class Command(BaseCommand):
    """Parses, calls, prints a line a figure, exits with the code."""

    help = "Compare the recorded figures of two runs as numbers: which point of which line moved, and by how much."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("one", metavar="ONE", help="id of a run, or its bundle directory")
        parser.add_argument("other", metavar="OTHER", help="the run that is compared with it")
        parser.add_argument("--rtol", type=float, help="relative tolerance; to nine digits unless given")
        parser.add_argument("--atol", type=float, default=0.0, help="absolute tolerance")

    def handle(self, *_: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Compare, and leave with 0 when no figure differs, 1 when one does, 2 when a run has no records."""
        try:
            one, other = (_figures_of(options[side]) for side in ("one", "other"))
            found = compare_recorded_figures(one, other, Tolerance(rtol=options["rtol"], atol=options["atol"]))
        except (ArtefactError, BundleUnusableError) as error:
            raise CommandError(error.cause.message, returncode=_NO_RECORDS) from error
        except OSError as error:
            raise CommandError(f"a record cannot be read: {error.strerror}", returncode=_NO_RECORDS) from error
        if not one.rows or not other.rows:
            raise CommandError("a run has no recorded figures", returncode=_NO_RECORDS)
        for figure in found:
            if figure.comparison is None:
                said = "it is missing in the second run" if figure.is_missing else "it is new in the second run"
                self.stdout.write(f"{figure.name}: {said}.")
                continue
            self.stdout.write(f"{figure.name}: {figure.comparison.state.replace('_', ' ')}.")
            for finding in figure.comparison.findings:
                self.stdout.write(f"  {finding.sentence}")
        if not all(figure.is_same for figure in found):
            sys.exit(1)


def _figures_of(place: str) -> RecordedFigures:
    """Return the figures of a run on record, or of a bundle. Raises what `handle` tells of."""
    if Path(place).is_dir():
        return figures_of_bundle(Path(place))
    try:
        artefacts = Run.objects.values_list("artefacts", flat=True).get(pk=uuid.UUID(place))
    except (ValueError, Run.DoesNotExist):
        raise CommandError(f"{place} is neither a run nor a bundle directory", returncode=_NO_RECORDS) from None
    store = open_store()

    def read(name: str) -> bytes:
        kept = artefacts.get(name)
        if kept is None:
            raise CommandError(f"the run {place} keeps no {name}", returncode=_NO_RECORDS)
        with store.open(kept["sha256"]) as file:
            return file.read()

    return RecordedFigures(json.loads(read("figures.json"))["figures"], lambda name: read(f"figures/{name}"))
