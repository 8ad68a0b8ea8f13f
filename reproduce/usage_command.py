"""A management command that a script can tell apart by its exit code: wrong usage has one of its own."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from reproduce.verdicts import EXIT_USAGE


class UsageCommand(BaseCommand):
    """Leaves with EXIT_USAGE where its arguments are wrong, and asks nothing of the database before it begins."""

    requires_system_checks = []
    requires_migrations_checks = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:  # noqa: ANN401 - Django's
        """Return Django's parser, with the exit code of this command for wrong usage."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if parser.called_from_command_line:
            parser.error = partial(_refuse, parser)  # type: ignore[method-assign]  # Django names the class itself
        return parser


def _refuse(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    parser.print_usage(sys.stderr)
    parser.exit(EXIT_USAGE, f"{parser.prog}: {message}\n")
