"""manage.py redraw RUN|SOURCE: find the release of matplotlib that gives the published pixels."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandParser

from reproduce.cli.command import main_streams
from reproduce.cli.redraw_command import add_redraw_arguments, read_redraw, run_redraw
from reproduce.usage_command import UsageCommand


class Command(UsageCommand):
    """Parses, calls, exits with the code."""

    help = "Draw figures that are the same but for their pixels with neighbouring releases of matplotlib."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        add_redraw_arguments(parser)

    def handle(self, *_: Any, **values: Any) -> None:  # noqa: ANN401 - Django's
        """Redraw and leave with the exit code."""
        stdout, stderr = main_streams()
        sys.exit(run_redraw(read_redraw(values), stdout=stdout, stderr=stderr))
