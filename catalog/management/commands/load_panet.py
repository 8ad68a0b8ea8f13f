"""`manage.py load_panet`: load the techniques of the PaNET ontology from its published file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.causes import CausedError
from catalog.panet.reading import SHIPPED, SHIPPED_RELEASE, read_ontology
from catalog.techniques import load_ontology


class Command(BaseCommand):
    help = "Load the techniques of the PaNET ontology with their hierarchy. Terms that are gone stay, deprecated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="the CSV of PaNET's source or BioPortal's; the shipped copy if not given"
        )
        parser.add_argument(
            "--release", default="", help="name of the release, which the file does not tell; its digest if not given"
        )

    def handle(self, *_: Any, **options: Any) -> None:  # noqa: ANN401 - Django calls it so
        path: Path | None = options["file"]
        try:
            ontology = read_ontology(path or SHIPPED)
        except CausedError as error:
            raise CommandError(f"{error} {error.cause.hint}") from None
        release = options["release"] or (f"sha256:{ontology.sha256[:12]}" if path else SHIPPED_RELEASE)
        loaded = load_ontology(ontology, release=release[:80])
        self.stdout.write(
            f"{loaded.terms} techniques of release {release}: {loaded.created} new, {loaded.changed} changed,"
            f" {loaded.deprecated} no longer in the ontology and kept as deprecated."
        )
