"""manage.py eosc_profile: this service in EOSC's words, to be sent to the catalogue of a node."""

from __future__ import annotations

import json

from django.core.management.base import BaseCommand, CommandError

from catalog.eosc_profile import UnknownOperatorError, eosc_profile


class Command(BaseCommand):
    """Calls and prints."""

    help = "Print the profiles of the operator, of this service and of its software as EOSC asks for them."

    def handle(self, *_args: object, **_options: object) -> None:
        """Print the profile as JSON; fail with the settings that are missing."""
        try:
            profile = eosc_profile()
        except UnknownOperatorError as error:
            raise CommandError(f"Set {', '.join(error.names)}; see docs/settings.md.") from None
        self.stdout.write(json.dumps(profile, ensure_ascii=False, indent=2))
