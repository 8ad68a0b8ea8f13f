#!/usr/bin/env python
"""Django's command line for Reprise."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    # An author's check needs neither pages nor queues: without them it starts in half the time.
    is_check = sys.argv[1:2] == ["reproduce"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.command_line" if is_check else "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # The operator's setting, not our code: the line says which and what to do, a traceback would hide it.
        sys.exit(f"reprise: {error}")
