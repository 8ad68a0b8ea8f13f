"""manage.py lock SOURCE: write the lock, its forms for pip and Binder, and a patch that adds them to the repository."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reproduce.cli.command import main_streams
from reproduce.cli.lock import add_lock_arguments, read_lock_options, run_lock


class Command(BaseCommand):
    """Parses, calls, exits with the code."""

    help = "Resolve what a directory, git address or DOI needs, as of a date, and write the lock. Nothing is run."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        add_lock_arguments(parser)

    def handle(self, *_: Any, **values: Any) -> None:  # noqa: ANN401 - Django's
        """Write the lock and leave with the exit code."""
        stdout, stderr = main_streams()
        sys.exit(run_lock(read_lock_options(values), stdout=stdout, stderr=stderr))
