"""manage.py verify CERTIFICATE: say whether a certificate is genuine and in force, without a network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from catalog.causes import CausedError
from reproduce.issuing.verify_command import Request, verify_files
from reproduce.usage_command import UsageCommand
from reproduce.verdicts import EXIT_SERVICE


class Command(UsageCommand):
    """Parses, calls, exits with the code."""

    help = (
        "Verify a certificate or certificate package without a network. Status 0: genuine and in force; 1: not "
        "genuine; 2: genuine but stale, revoked or superseded; 3: not established, as the issuer's key is not at hand."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("certificate", type=Path, metavar="CERTIFICATE", help="a certificate or a package")
        parser.add_argument(
            "--issuer", type=Path, metavar="FILE", help="the issuer's DID document; this installation's if not given"
        )
        parser.add_argument("--artefacts", type=Path, metavar="DIR", help="files to hold against their digests")
        parser.add_argument("--status-list", type=Path, action="append", default=[], metavar="FILE", help="may repeat")
        parser.add_argument("--head", type=Path, metavar="FILE", help="a head of the log; the package's if not given")
        parser.add_argument(
            "--earlier-head", type=Path, metavar="FILE", help="a head kept before: the log must still begin with it"
        )
        parser.add_argument(
            "--consistency", type=Path, metavar="FILE", help="the proof from the earlier head to the package's"
        )
        parser.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *_: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Verify and leave with the exit code."""
        request = Request(
            certificate=options["certificate"],
            issuer=options["issuer"],
            artefacts=options["artefacts"],
            head=options["head"],
            earlier_head=options["earlier_head"],
            consistency=options["consistency"],
            status_lists=tuple(options["status_list"]),
            is_json=options["json"],
        )
        try:
            sys.exit(verify_files(request, now=timezone.now(), say=self.stdout.write, complain=self.stderr.write))
        except CausedError as error:
            self.stderr.write(f"{error.cause.message} {error.cause.hint}")
            sys.exit(EXIT_SERVICE)
