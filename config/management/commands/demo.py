"""`manage.py demo`: the main job on the embedded defaults, from an empty directory to a verdict table."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from catalog.causes import CausedError
from catalog.models import Evidence
from config.installation import prepare_installation
from config.management.commands.serve import add_address_arguments, interrupt_on_terminate
from config.supervise import SupervisionError, Supervisor, check_start
from reproduce.demonstration import NO_VERDICT, Expectation, demonstration_data, load_demonstration
from reproduce.models import Run
from reproduce.queue import request_run
from reproduce.reproduction import find_sandbox

_NO_SANDBOX: Final = (
    "No sandbox on this machine: only the demonstration's own notebooks are run, and labelled unsandboxed.\n"
    "For a sandbox type:  sudo apt-get install bubblewrap"
)


class Command(BaseCommand):
    help = (
        "Load the demonstration catalogue, serve it, reproduce the figures of one publication and print the verdicts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_address_arguments(parser)
        parser.add_argument("--once", action="store_true", help="end after the table; fail unless it is as expected")
        parser.add_argument("--all", action="store_true", help="reproduce every demonstration publication")
        parser.add_argument("--again", action="store_true", help="run even where there is evidence on record")

    def handle(self, *_: Any, **options: Any) -> None:  # noqa: ANN401 - Django calls it so
        interrupt_on_terminate()
        try:
            if find_sandbox() is None:
                self.stdout.write(_NO_SANDBOX)
                # Read by the worker that is started below: a stranger's notebook is refused all the same.
                os.environ.setdefault("REPRISE_ALLOW_UNSANDBOXED", "demonstration")
            # Read by the web process that is started below, so that it can look into the demonstration's own data.
            os.environ.setdefault("REPRISE_DATA_ROOTS", str(demonstration_data()))
            check_start(options["host"], options["port"])
            prepare_installation()
            expectations = load_demonstration()
            self._demonstrate(expectations, options)
        except (SupervisionError, CausedError) as error:
            hint = f" {error.cause.hint}" if isinstance(error, CausedError) else ""
            raise CommandError(f"{error}{hint}") from None
        except KeyboardInterrupt:
            self.stdout.write("Ended.")

    def _demonstrate(self, expectations: list[Expectation], options: dict[str, Any]) -> None:
        first = expectations[0].target.publication_id
        shown = [e for e in expectations if options["all"] or e.target.publication_id == first]
        log_dir = settings.REPRISE_DATA / "log"
        supervisor = Supervisor(host=options["host"], port=options["port"], workers=options["workers"], log_dir=log_dir)
        with supervisor:
            supervisor.wait_until_answering()
            self.stdout.write(f"Reprise answers at {supervisor.address}")
            self._reproduce(shown, supervisor, is_again=options["again"])
            is_as_expected = self._print_table(shown)
            if options["once"]:
                if not is_as_expected:
                    raise CommandError("The verdicts are not the expected ones.")
                return
            self.stdout.write(f"\nOpen {supervisor.address} (Ctrl-C ends it)")
            for expectation in expectations:
                if expectation not in shown and not _has_evidence(expectation):
                    request_run(expectation.target, reason=Run.Reason.DEMONSTRATION, requested_by=None)
            while True:
                supervisor.watch_over()
                time.sleep(0.5)

    def _reproduce(self, shown: list[Expectation], supervisor: Supervisor, *, is_again: bool) -> None:
        """Send the runs through the queue and tell of their progress until all are over."""
        runs = [
            request_run(e.target, reason=Run.Reason.DEMONSTRATION, requested_by=None)
            for e in shown
            if is_again or not _has_evidence(e)
        ]
        if not runs:
            self.stdout.write("Nothing to run again: the evidence is on record (--again runs all the same).")
            return
        last = ""
        while True:
            supervisor.watch_over()
            states = list(Run.objects.filter(pk__in=[run.pk for run in runs]))
            done = sum(not run.is_active for run in states)
            doing = [f"{run.target.label}: {run.get_state_display()}" for run in states if run.is_active]
            line = f"{done} of {len(runs)} reproduced" + (f" ({'; '.join(doing[:2])})" if doing else "")
            if line != last:
                self.stdout.write(f"  {line}")
                self.stdout.flush()
                last = line
            if not doing:
                return
            time.sleep(0.3)

    def _print_table(self, shown: list[Expectation]) -> bool:
        """Print expected against seen; return whether all agree."""
        evidence = {e.target_id: e for e in Evidence.objects.filter(target__in=[x.target.pk for x in shown])}
        is_good = True
        rows = [("publication", "target", "verdict", "expected", "seen", "why")]
        for expectation in shown:
            target, seen = expectation.target, evidence.get(expectation.target.pk)
            run = Run.objects.filter(target=target).first()
            if expectation.verdict == NO_VERDICT and run is not None and run.verdict is None:
                # An older verdict stays on the record; it is not what this run is to show.
                seen = None
            verdict = seen.verdict if seen else NO_VERDICT
            why = (seen.cause if seen else run.cause if run else None) or {}
            is_right = verdict == expectation.verdict and expectation.cause_id in (None, why.get("id"))
            is_good = is_good and is_right
            when = f"{(timezone.now() - seen.seen_at).total_seconds():.0f} s ago" if seen else "-"
            sandboxed = "" if seen is None or seen.is_sandboxed else "UNSANDBOXED "
            mark = expectation.verdict if is_right else f"{expectation.verdict} (!)"
            message = (sandboxed + str(why.get("message", "")))[:70]
            rows.append((target.publication.doi, target.label, verdict, mark, when, message))
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        self.stdout.write("")
        for row in rows:
            cells = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=False))
            self.stdout.write(f"{cells}  {row[5]}".rstrip())
        sys.stdout.flush()
        return is_good


def _has_evidence(expectation: Expectation) -> bool:
    """Tell whether the record holds evidence for what the shipped repository holds now.

    Where it is made to come to no verdict, that is a run which came to none for the expected reason.
    """
    if expectation.verdict == NO_VERDICT:
        ended = Run.objects.of_record().filter(target=expectation.target, state=Run.State.DONE, verdict=None)
        return ended.filter(snapshot__commit=expectation.target.repository.ref, cause__id=expectation.cause_id).exists()
    evidence = expectation.target.current_evidence
    return evidence is not None and evidence.commit == expectation.target.repository.ref
