"""manage.py refresh_metadata: ask the sources again for the details of datasets, one after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog.causes import CausedError
from catalog.refreshing import datasets_to_refresh, refresh


class Command(BaseCommand):
    """Parses, calls, prints."""

    help = "Ask the sources again for files, sizes, checksums and access of datasets, politely, one after the other."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("doi", nargs="*", metavar="DOI", help="these datasets alone")
        parser.add_argument(
            "--older-than", type=int, default=30, metavar="DAYS", help="those not asked for so long; 30 if not given"
        )
        parser.add_argument("--most", type=int, default=200, metavar="N", help="at most so many; 200 if not given")

    def handle(self, *_: Any, doi: list[str], **options: Any) -> None:  # noqa: ANN401 - Django's
        """Refresh and say of each dataset what came of it; status 1 when none could be refreshed."""
        if options["older_than"] < 0 or options["most"] < 1:
            raise CommandError("--older-than is a number of days, --most a number above 0.")
        before = timezone.now() - timedelta(days=min(options["older_than"], 36500))
        try:
            datasets = datasets_to_refresh(doi, before=before, most=options["most"])
        except CausedError as error:
            raise CommandError(f"{error.cause.message} {error.cause.hint}") from error
        done = 0
        for dataset in datasets:
            look_up = refresh(dataset)
            is_done = look_up.state == look_up.State.DONE
            done += is_done
            words = "; ".join(look_up.notes) if is_done else str((look_up.cause or {}).get("message", look_up.state))
            self.stdout.write(f"{dataset.doi}  {look_up.get_state_display()}{f': {words}' if words else ''}")
        self.stdout.write(f"{done} of {len(datasets)} datasets are up to date.")
        if datasets and not done:
            raise CommandError("None of them could be refreshed.")
