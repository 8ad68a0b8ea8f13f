"""manage.py environments list|verify|prune|export|rebuild: look after the environments of this machine."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from builder.engines.companion import read_companion
from builder.engines.limits import in_words
from builder.engines.progress import Progress
from builder.engines.storage import StoredEnvironment
from builder.environments_command.exporting import exported_files, write_export
from builder.environments_command.image_export import export_image
from builder.environments_command.kept_lock import KeptLock, lock_of_stored, locks_on_record
from builder.environments_command.listing import as_json, as_table, reason_of
from builder.environments_command.rebuilding import InUseError, rebuild
from builder.environments_command.verification import damage_of
from builder.errors import BuildError
from builder.eviction import candidates, keep_within, reasons_to_keep, store

_UNITS: Final = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


class Command(BaseCommand):
    """Parses, calls, prints."""

    help = "List, verify, prune, export or rebuild the environments of this machine. Works without a server."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the actions and their arguments."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listed = actions.add_parser("list", help="what is kept, least recently used first")
        listed.add_argument("--json", action="store_true", help="as JSON")
        verified = actions.add_parser("verify", help="compare every file with its checksum; status 1 when one differs")
        which = verified.add_mutually_exclusive_group(required=True)
        which.add_argument("key", nargs="?", metavar="KEY", help="the key or its beginning")
        which.add_argument("--all", action="store_true", help="all environments")
        pruned = actions.add_parser("prune", help="remove the least recently used")
        pruned.add_argument(
            "--quota", type=_size, metavar="SIZE", help="as 20G; REPRISE_ENVIRONMENTS_QUOTA if not given"
        )
        pruned.add_argument("--unused-for", type=_days, metavar="DAYS", help="all that were not used for so many days")
        pruned.add_argument("--dry-run", action="store_true", help="say what may go, remove nothing")
        exported = actions.add_parser("export", help="write lock, requirements, runtime, companion and recipe")
        exported.add_argument("key", metavar="KEY", help="the key or its beginning")
        exported.add_argument("--to", type=Path, required=True, metavar="PATH", help="a directory, or a file .tar.gz")
        forms = "files (default), or for an image sif or oci: one file of that kind"
        exported.add_argument("--format", choices=("files", "sif", "oci"), default="files", help=forms)
        rebuilt = actions.add_parser("rebuild", help="make it again from its lock, also when it was removed")
        rebuilt.add_argument("key", metavar="KEY", help="the key or its beginning")

    def handle(self, *_: Any, action: str, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Do the action. CommandError says in one line why it cannot be done."""
        try:
            {
                "list": self._list,
                "verify": self._verify,
                "prune": self._prune,
                "export": self._export,
                "rebuild": self._rebuild,
            }[action](options)
        except OperationalError as error:
            raise CommandError(f"The database does not answer, so nobody knows what is needed: {error}") from error
        except BuildError as error:
            raise CommandError(f"{error.cause.message} {error.cause.hint}") from error

    def _list(self, options: dict[str, Any]) -> None:
        kept, reasons = store(), reasons_to_keep(timezone.now())
        environments, sizes = kept.environments(), kept.sizes()
        if options["json"]:
            self.stdout.write(json.dumps(as_json(environments, reasons, sizes), indent=1))
            return
        for line in as_table(environments, reasons, sizes):
            self.stdout.write(line)

    def _verify(self, options: dict[str, Any]) -> None:
        environments = store().environments() if options["all"] else [_stored(options["key"])]
        damaged = 0
        for environment in environments:
            found = damage_of(environment, store().root)
            damaged += bool(found)
            self.stdout.write(f"{environment.key[:12]}  {'damaged' if found else 'whole'}")
            for line in found:
                self.stdout.write(f"  {line}")
        if damaged:
            raise CommandError(
                f"{damaged} of {len(environments)} environments are damaged. Make them again: environments rebuild KEY."
            )

    def _prune(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        quota = settings.REPRISE_ENVIRONMENTS_QUOTA if options["quota"] is None else options["quota"]
        days = options["unused_for"]
        if days is None and options["quota"] is None and not quota:
            raise CommandError("There is no quota: give --quota SIZE or --unused-for DAYS.")
        since = None if days is None else now - timedelta(days=days)
        needed = reasons_to_keep(now)
        if options["dry_run"]:
            self._say_what_may_go(candidates(store().environments(), needed, since), quota)
            return
        gone = keep_within(store(), quota if since is None else 0, needed=needed, unused_since=since)
        for environment in gone.removed:
            self.stdout.write(f"{environment.key[:12]}  removed")
        freed = in_words(max(0, gone.size_before_bytes - gone.size_bytes))
        self.stdout.write(f"{len(gone.removed)} environments removed, {freed} freed, {in_words(gone.size_bytes)} left.")
        if since is None and not gone.is_enough:
            self.stdout.write("What is left is over the quota, and all of it is needed.")

    def _say_what_may_go(self, may_go: list[StoredEnvironment], quota: int) -> None:
        for environment in may_go:
            self.stdout.write(f"{environment.key[:12]}  may go  {in_words(environment.size_bytes)}")
        size = in_words(store().size_bytes())
        self.stdout.write(f"{len(may_go)} environments may go, in this order. {size} now, quota {in_words(quota)}.")

    def _export(self, options: dict[str, Any]) -> None:
        found = store().find(options["key"])
        if options["format"] != "files":
            self._export_image(_stored(options["key"]), options)
            return
        kept = _kept(options["key"], found)
        companion = read_companion(found[0].place) if found else {}
        try:
            write_export(exported_files(kept, companion), options["to"])
        except OSError as error:
            raise CommandError(f"{options['to']} cannot be written: {error.strerror or error}") from error
        self.stdout.write(f"{kept.key[:12]} is in {options['to']}")

    def _export_image(self, environment: StoredEnvironment, options: dict[str, Any]) -> None:
        if not environment.is_of_image:
            raise CommandError(f"{environment.key[:12]} is no image: it cannot be written as {options['format']}.")
        try:
            export_image(environment, options["format"], options["to"], Progress(self.stdout.write))
        except OSError as error:
            raise CommandError(f"{options['to']} cannot be written: {error.strerror or error}") from error
        self.stdout.write(f"{environment.key[:12]} is in {options['to']}")

    def _rebuild(self, options: dict[str, Any]) -> None:
        found = store().find(options["key"])
        kept = _kept(options["key"], found)
        old = found[0] if found else None
        try:
            built = rebuild(kept, old, Progress(self.stdout.write))
        except InUseError:
            raise CommandError(f"{kept.key[:12]} is in use: {reason_of(old, {}) if old else ''}".rstrip(": ")) from None
        digest = str(built.details.get("package_digest", ""))
        if old is not None and old.package_digest and digest:
            is_same = digest == old.package_digest
            self.stdout.write("It holds the same files." if is_same else "It differs from what was there before.")
        self.stdout.write(f"{built.key[:12]} is ready.")


def _stored(beginning: str) -> StoredEnvironment:
    found = store().find(beginning)
    if len(found) != 1:
        raise CommandError(_why_not_one(beginning, [each.key for each in found]))
    return found[0]


def _kept(beginning: str, found: list[StoredEnvironment]) -> KeptLock:
    """Return what the one environment with this key is made from, on disk or on record."""
    if len(found) > 1:
        raise CommandError(_why_not_one(beginning, [each.key for each in found]))
    here = lock_of_stored(found[0]) if found else None
    on_record = [here] if here else locks_on_record(beginning)
    if len(on_record) != 1:
        raise CommandError(_why_not_one(beginning, [each.key for each in on_record]))
    return on_record[0]


def _why_not_one(beginning: str, keys: list[str]) -> str:
    if not keys:
        return f"There is no environment whose key begins with “{beginning}”; see environments list."
    return f"“{beginning}” is the beginning of {len(keys)} keys: {', '.join(key[:12] for key in keys[:5])}."


def _size(text: str) -> int:
    number, unit = (text[:-1], text[-1].lower()) if text[-1:].isalpha() else (text, "")
    if unit not in _UNITS or not number.isascii() or not number.isdigit():
        raise argparse.ArgumentTypeError("must be a size such as 512M or 20G")
    return int(number) * _UNITS[unit]


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 36500:
        raise argparse.ArgumentTypeError("must be a number of days")
    return int(text)
