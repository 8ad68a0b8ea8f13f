"""manage.py reproduce SOURCE: run the notebooks of a source again and say whether their outputs still come out."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandParser

from reproduce.cli.command import main_streams, run_command
from reproduce.cli.options import add_arguments, read_options
from reproduce.usage_command import UsageCommand


class Command(UsageCommand):
    """Parses, calls, exits with the code."""

    help = "Run the notebooks of a directory, git address or DOI again and say whether their outputs still come out."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        add_arguments(parser)

    def handle(self, *_: Any, **values: Any) -> None:  # noqa: ANN401 - Django's
        """Run and leave with the exit code."""
        stdout, stderr = main_streams()
        sys.exit(run_command(read_options(values), stdout=stdout, stderr=stderr))
