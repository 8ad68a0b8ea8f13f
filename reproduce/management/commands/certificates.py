"""manage.py certificates init|rotate|list|issue|revoke|deposit|head|audit: the key, the certificates and their log."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog.audit import SERVICE
from catalog.causes import CausedError
from catalog.clock import database_now
from reproduce.deposit_choice import ask_for_deposit
from reproduce.deposit_sweep import deposit_now
from reproduce.issuing.audit import Audit
from reproduce.issuing.issue import issue_missing
from reproduce.issuing.keyring import issuer_did, key_path, make_key_at, open_signer, rotate_key
from reproduce.issuing.presentation import state_of
from reproduce.issuing.proofs import latest_head
from reproduce.issuing.statuses import revoke
from reproduce.models import Certificate


class Command(BaseCommand):
    """Parses, calls, prints."""

    help = "Make and rotate the key that signs certificates, list, revoke and deposit them, and audit their log."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the actions and their arguments."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("init", help="make the key, where there is none yet")
        actions.add_parser("rotate", help="replace the key; what the old one signed stays good")
        listed = actions.add_parser("list", help="what was issued")
        listed.add_argument("--json", action="store_true", help="as JSON")
        actions.add_parser("issue", help="issue what is on record without a certificate now")
        revoked = actions.add_parser("revoke", help="revoke a certificate for ever")
        revoked.add_argument("certificate", type=uuid.UUID, metavar="ID")
        revoked.add_argument("--why", required=True, help="a sentence that the public reads")
        deposited = actions.add_parser("deposit", help="deposit the evidence of one certificate at Zenodo")
        deposited.add_argument("certificate", type=uuid.UUID, metavar="ID")
        actions.add_parser("head", help="print the newest head of the log, for a witness to keep")
        actions.add_parser("audit", help="check the whole log against the records and the artefacts; status 1 if wrong")

    def handle(self, *_: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Do the action."""
        try:
            getattr(self, f"_{options['action']}")(options)
        except CausedError as error:
            raise CommandError(f"{error.cause.message} {error.cause.hint}") from error

    def _init(self, _: dict[str, Any]) -> None:
        make_key_at(key_path())
        self.stdout.write(f"{issuer_did()} signs with {open_signer().row.multikey}, kept in {key_path()}")

    def _rotate(self, _: dict[str, Any]) -> None:
        self.stdout.write(f"{issuer_did()} signs with {rotate_key().multikey} from now on")

    def _list(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        rows = [
            {
                "id": str(one.pk),
                "number": one.number,
                "doi": one.doi,
                "target": one.target.slug if one.target else None,
                "rung": one.rung,
                "verdict": one.verdict,
                "issued_at": one.issued_at.isoformat(),
                "valid_until": one.valid_until.isoformat(),
                "state": state_of(one, now)[0],
            }
            for one in Certificate.objects.select_related("target").order_by("entry_id").iterator(200)
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=1))
            return
        for row in rows:
            self.stdout.write(
                f"{row['number']:>6}  {row['id']}  {row['doi']}/{row['target'] or '-'}  {row['rung']}  {row['state']}"
            )

    def _issue(self, _: dict[str, Any]) -> None:
        count = 0
        while issued := issue_missing():
            count += issued
        self.stdout.write(f"{count} certificates were issued")

    def _revoke(self, options: dict[str, Any]) -> None:
        if not options["why"].strip():
            raise CommandError("Say why, in a sentence that the public reads.")
        if not revoke(options["certificate"], why=options["why"].strip()):
            raise CommandError("It is revoked already.")
        self.stdout.write(f"{options['certificate']} is revoked")

    def _deposit(self, options: dict[str, Any]) -> None:
        certificate = Certificate.objects.filter(pk=options["certificate"]).first()
        if certificate is None:
            raise CommandError("There is no such certificate.")
        row = deposit_now(ask_for_deposit(certificate, now=database_now(), by=SERVICE))
        if row.doi:
            self.stdout.write(f"{certificate.pk} is deposited: https://doi.org/{row.doi}")
            return
        problem = row.problem or {"message": f"Its deposit is {row.state}.", "hint": ""}
        again = f"It is looked at again at {row.next_at:%Y-%m-%d %H:%M} UTC."
        raise CommandError(" ".join(filter(None, (problem["message"], problem["hint"], again))))

    def _head(self, _: dict[str, Any]) -> None:
        head = latest_head()
        if head is None:
            raise CommandError("The log is empty: no certificate was issued yet.")
        self.stdout.write(json.dumps(head.as_json(), indent=1))

    def _audit(self, _: dict[str, Any]) -> None:
        audit = Audit()
        findings = 0
        for finding in audit.findings():
            findings += 1
            self.stdout.write(finding)
        self.stdout.write(f"{audit.entries} entries and {audit.artefacts} artefacts were read, {findings} findings")
        if findings:
            raise CommandError("The log is not in order.")
