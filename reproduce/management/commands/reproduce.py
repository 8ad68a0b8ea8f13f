"""manage.py reproduce SOURCE: run the notebooks of a source again and say whether their outputs still come out."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from reproduce.cli.command import main_streams, run_command
from reproduce.cli.options import add_arguments, read_options
from reproduce.verdicts import EXIT_USAGE


class Command(BaseCommand):
    """Parses, calls, exits with the code."""

    help = "Run the notebooks of a directory, git address or DOI again and say whether their outputs still come out."
    requires_system_checks = []
    requires_migrations_checks = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:  # noqa: ANN401 - Django's
        """Return Django's parser, with the exit code of this command for wrong usage."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if parser.called_from_command_line:
            parser.error = partial(_refuse, parser)  # type: ignore[method-assign]  # Django names the class itself
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        add_arguments(parser)

    def handle(self, *_: Any, **values: Any) -> None:  # noqa: ANN401 - Django's
        """Run and leave with the exit code."""
        stdout, stderr = main_streams()
        sys.exit(run_command(read_options(values), stdout=stdout, stderr=stderr))


def _refuse(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    parser.print_usage(sys.stderr)
    parser.exit(EXIT_USAGE, f"{parser.prog}: {message}\n")
