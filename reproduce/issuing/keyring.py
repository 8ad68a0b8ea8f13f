"""The keys of this installation: the private one in a file, the public ones on record, the retired included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from catalog.clock import database_now
from reproduce.certificates.issuer import Issuer, PublicKey, did_of, issuer_document, method_of, read_issuer
from reproduce.certificates.keys import KeyUnusableError, SigningKey, read_key, read_or_make_key, replace_key
from reproduce.certificates.proof import sign
from reproduce.errors import RunError
from reproduce.models import IssuerKey


def key_path() -> Path:
    """Return where the private key lies: where the operator says, or below REPRISE_DATA."""
    return Path(settings.REPRISE_ISSUER_KEY_PATH or Path(settings.REPRISE_DATA) / "issuer" / "key.pem")


def issuer_did() -> str:
    """Return the name of this installation as an issuer."""
    return did_of(settings.REPRISE_URL)


class Signer:
    """The key in use, ready to sign."""

    def __init__(self, key: SigningKey, row: IssuerKey) -> None:
        self._key, self.row = key, row

    def sign(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the document with a proof of now."""
        return sign(document, self._key, method=method_of(self.row.did, self.row.multikey), at=database_now())


def open_signer() -> Signer:
    """Return the signer, and make a key on first use unless the operator names one.

    A key that is new on record retires the one before. Raises RunError issuer-key-unusable, also for a key that was
    retired: a backup that came back must not sign.
    """
    path = key_path()
    try:
        key = read_key(path) if settings.REPRISE_ISSUER_KEY_PATH else read_or_make_key(path)
    except KeyUnusableError as error:
        raise RunError("issuer-key-unusable", reason=error) from error
    return Signer(key, _row_of(key))


def make_key_at(path: Path) -> None:
    """Make the key that the operator names, where there is none yet. Raises RunError issuer-key-unusable."""
    try:
        read_or_make_key(path)
    except KeyUnusableError as error:
        raise RunError("issuer-key-unusable", reason=error) from error


def rotate_key() -> IssuerKey:
    """Replace the private key and return the new public one; the old one is retired and stays on record.

    Raises RunError issuer-key-unusable, for a key that the operator names too: that file is theirs to replace.
    """
    if settings.REPRISE_ISSUER_KEY_PATH:
        reason = "REPRISE_ISSUER_KEY_PATH names the key; replace that file, and the next certificate is signed with it"
        raise RunError("issuer-key-unusable", reason=reason)
    open_signer()
    try:
        return _row_of(replace_key(key_path()))
    except KeyUnusableError as error:
        raise RunError("issuer-key-unusable", reason=error) from error


def own_issuers() -> dict[str, Issuer]:
    """Return this installation as an issuer by its name: the names that it had under earlier addresses too."""
    names = IssuerKey.objects.order_by().values_list("did", flat=True).distinct()
    return {did: read_issuer(own_issuer_document(did)) for did in names}


def own_issuer_document(did: str) -> dict[str, Any]:
    """Return the DID document of a name of this installation with all its keys, the newest first."""
    rows = IssuerKey.objects.filter(did=did).order_by(F("retired_at").desc(nulls_first=True), "-created_at")
    return issuer_document(did, [PublicKey(row.multikey, row.retired_at) for row in rows])


def hold_key(row: IssuerKey) -> None:
    """Keep the key from being retired until the transaction ends. Raises RunError issuer-key-unusable when it is."""
    if not IssuerKey.objects.select_for_update().filter(pk=row.pk, retired_at=None).exists():
        raise RunError("issuer-key-unusable", reason="it was replaced at this moment")


def _row_of(key: SigningKey) -> IssuerKey:
    """Return the key's row under the name that this installation has now; a key has a row for each of its names.

    Another address retires no key, and one that was retired under any name signs under no other.
    """
    retired = IssuerKey.objects.filter(multikey=key.multikey, retired_at__isnull=False).first()
    if retired is not None:
        reason = f"the key {key.multikey} was retired on {retired.retired_at:%Y-%m-%d}"
        raise RunError("issuer-key-unusable", reason=reason)
    row, _ = IssuerKey.objects.get_or_create(
        multikey=key.multikey, did=issuer_did(), defaults={"created_at": database_now()}
    )
    older = IssuerKey.objects.filter(retired_at=None, pk__lt=row.pk).exclude(multikey=key.multikey)
    if older.exists():
        with transaction.atomic():
            held = list(older.select_for_update().values_list("pk", flat=True))
            # Read once whoever was signing with it has ended, so that no proof is younger than this.
            IssuerKey.objects.filter(pk__in=held).update(retired_at=database_now())
        row.refresh_from_db()
    return row
