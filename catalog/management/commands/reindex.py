"""Make the index of the search anew."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from catalog.search_index import index_all


class Command(BaseCommand):
    """Index every publication again: after data were brought in by another way than this service's."""

    help = "index every publication for the search again"

    def handle(self, *_args: object, **_options: object) -> None:
        """Index, and say how many there are."""
        count = index_all()
        self.stdout.write(f"{count} publication{'' if count == 1 else 's'} indexed.")
