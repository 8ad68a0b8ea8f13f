"""manage.py lookup REFERENCE: say what is known of a DOI, an address or a SWHID, and who said it."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.causes import CausedError
from catalog.looking_up import look_up_all
from catalog.lookup_words import as_lines


class Command(BaseCommand):
    """Parses, calls, prints."""

    help = "Say what is known of a DOI, a SWHID or the address of a repository, and who said it. Keeps nothing."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("reference", metavar="REFERENCE", help="a DOI, a SWHID, an OAI identifier or an address")
        parser.add_argument("--json", action="store_true", help="everything, as JSON")
        parser.add_argument("--alone", action="store_true", help="do not follow what it names")

    def handle(self, *_: Any, reference: str, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Look up and print. CommandError says in one line why nothing is known."""
        try:
            known = look_up_all(reference, follows=not options["alone"])
        except CausedError as error:
            raise CommandError(f"{error.cause.message} {error.cause.hint}") from error
        if options["json"]:
            self.stdout.write(json.dumps(known.as_dict(), indent=1, ensure_ascii=False))
            return
        for line in as_lines(known):
            self.stdout.write(line)
