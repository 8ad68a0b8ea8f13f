"""`manage.py expose`: bring what harvesters are shown to what is known, publication after publication."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.expose import expose_publication, put_off, take_back_orphans
from catalog.models import Publication


class Command(BaseCommand):
    help = "Show harvesters what is known now. Safe to repeat and to break off: what says the same stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", type=int, default=0, help="go on behind the publication with this number")

    def handle(self, *_: Any, **options: Any) -> None:  # noqa: ANN401 - Django calls it so
        taken = take_back_orphans()
        count = failed = 0
        publications = Publication.objects.filter(pk__gt=options["after"]).order_by("pk")
        for publication in publications.only("pk").iterator(chunk_size=500):
            try:
                expose_publication(publication)
            except Exception as error:  # noqa: BLE001 - one that cannot be told must not hold up the others
                failed += 1
                put_off(publication)
                self.stderr.write(f"{publication.pk}: {type(error).__name__}: {error}")
            count += 1
            if count % 1000 == 0:
                self.stdout.write(f"{count} publications, the last is {publication.pk} (--after {publication.pk})")
        self.stdout.write(
            f"{count} publications exposed, {failed} could not be; {taken} records of deleted ones withdrawn."
        )
        if failed:
            raise CommandError(f"{failed} of {count} publications could not be exposed; the reasons stand above.")
