"""manage.py data add|list|remove|files|verify: say where data lie, what they are, and whether they still are that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.causes import CausedError
from reproduce.data_command import add_location, list_locations, read_files, remove_location, verify
from reproduce.runner.data_check import DataProblemError


class Command(BaseCommand):
    """Parses, calls, prints."""

    help = "Say where datasets lie on this machine, and check them. Runs are shown them read-only, never copied."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the actions and their arguments."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        added = actions.add_parser("add", help="say where a dataset lies, or several whose DOIs begin alike")
        added.add_argument("dataset", metavar="DOI", help="a DOI, or the beginning of several with * behind it")
        added.add_argument("path", metavar="PATH", help="directory or file; * stands for the rest of the DOI")
        added.add_argument("--facility", metavar="SLUG", help="for the publications of this facility alone")
        listed = actions.add_parser("list", help="what is said")
        listed.add_argument("--json", action="store_true", help="as JSON")
        removed = actions.add_parser("remove", help="take it back; the data stay where they are")
        removed.add_argument("dataset", metavar="DOI")
        removed.add_argument("--facility", metavar="SLUG")
        files = actions.add_parser("files", help="record the files of a dataset with sizes and checksums")
        files.add_argument("dataset", metavar="DOI")
        files.add_argument(
            "--checksums",
            type=Path,
            metavar="FILE",
            help="lines as of sha256sum or md5sum; reads all files if not given",
        )
        verified = actions.add_parser("verify", help="check all files now, and remember it; status 1 when one differs")
        verified.add_argument("dataset", nargs="?", metavar="DOI", help="all that are linked and located, if not given")

    def handle(self, *_: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Do the action."""
        try:
            getattr(self, f"_{options['action']}")(options)
        except CausedError as error:
            raise CommandError(f"{error.cause.message} {error.cause.hint}") from error

    def _add(self, options: dict[str, Any]) -> None:
        location = add_location(options["dataset"], options["path"], facility=options["facility"])
        self.stdout.write(f"{location.dataset} lies at {location.path}")

    def _list(self, options: dict[str, Any]) -> None:
        rows = list_locations()
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=1))
            return
        for row in rows:
            where = f" ({row['facility']})" if row["facility"] else ""
            self.stdout.write(f"{row['dataset']}{where}  {row['path']}  verified {row['verified_at'] or 'never'}")

    def _remove(self, options: dict[str, Any]) -> None:
        if not remove_location(options["dataset"], facility=options["facility"]):
            raise CommandError("There is no such location; see manage.py data list.")

    def _files(self, options: dict[str, Any]) -> None:
        count, size = read_files(options["dataset"], checksums=options["checksums"])
        self.stdout.write(f"{count} files, {size} bytes are on record")

    def _verify(self, options: dict[str, Any]) -> None:
        is_bad = False
        for dataset, problem in verify(options["dataset"], on_progress=self._tell):
            if isinstance(problem, DataProblemError | CausedError):
                is_bad = True
                self.stdout.write(f"{dataset}: {problem}")
            else:
                checked = problem["checked"]
                by = ", ".join(f"{name} {count}" for name, count in checked.items() if count)
                self.stdout.write(f"{dataset}: {problem['files']} files, {problem['bytes']} bytes as listed ({by})")
        if is_bad:
            raise CommandError("Not all data are what they were.")

    def _tell(self, dataset: str, done: int, total: int) -> None:
        self.stderr.write(f"{dataset}: verifying {done} of {total} files")
