"""manage.py lint SOURCE: say what of a source's environment will rot, and what to write instead."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reproduce.cli.command import main_streams
from reproduce.cli.lint import add_lint_arguments, run_lint


class Command(BaseCommand):
    """Parses, calls, exits with the code."""

    help = "Say what of the environment of a directory, git address or DOI will rot, and what to write instead."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        add_lint_arguments(parser)

    def handle(self, *_: Any, **values: Any) -> None:  # noqa: ANN401 - Django's
        """Tell it and leave with the exit code."""
        stdout, stderr = main_streams()
        sys.exit(run_lint(values, stdout=stdout, stderr=stderr))
