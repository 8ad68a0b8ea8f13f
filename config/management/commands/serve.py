"""`manage.py serve`: web, worker and beat under one command."""

from __future__ import annotations

import signal
import time
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.installation import prepare_installation
from config.supervise import SupervisionError, Supervisor, check_start


def interrupt_on_terminate() -> None:
    """Let SIGTERM end the service the way Ctrl-C does, and Ctrl-C also where the one who started it ignores it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})


def add_address_arguments(parser: ArgumentParser) -> None:
    """Add --host, --port and --workers, with this installation's defaults."""
    address = urlsplit(settings.REPRISE_URL)
    is_local = address.hostname in ("127.0.0.1", "localhost")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=(address.port or 8765) if is_local else 8765)
    parser.add_argument("--workers", type=int, default=settings.REPRISE_WORKERS, help="runs at the same time")


class Command(BaseCommand):
    help = "Serve the pages, run the queue and the schedule, until interrupted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_address_arguments(parser)

    def handle(self, *_: Any, **options: Any) -> None:  # noqa: ANN401 - Django calls it so
        interrupt_on_terminate()
        try:
            check_start(options["host"], options["port"])
            prepare_installation()
            supervisor = Supervisor(host=options["host"], port=options["port"], workers=options["workers"])
            with supervisor:
                supervisor.wait_until_answering()
                self.stdout.write(f"Reprise answers at {supervisor.address} (Ctrl-C ends it)")
                while True:
                    supervisor.watch_over()
                    time.sleep(0.5)
        except SupervisionError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("Ended.")
