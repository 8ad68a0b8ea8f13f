"""The issuer's private key: one PEM file (PKCS #8) that its owner alone may read."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from reproduce.certificates.canonical import MalformedError
from reproduce.certificates.multibase import decode_key, encode_key


class KeyUnusableError(Exception):
    """The key cannot be read, made or used; its text says why."""


class SigningKey:
    """A private key with its public half as a Multikey."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.multikey = encode_key(private.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of the signature."""
        return self._private.sign(data)


def is_signed(multikey: str, signature: bytes, data: bytes) -> bool:
    """Tell whether `signature` over `data` is by this key. Raises MalformedError when the key is none."""
    try:
        Ed25519PublicKey.from_public_bytes(decode_key(multikey)).verify(signature, data)
    except InvalidSignature:
        return False
    except ValueError as error:
        raise MalformedError(f"the key {multikey[:60]} is not usable: {error}") from None
    return True


def make_key() -> SigningKey:
    """Return a fresh key that is on no disk."""
    return SigningKey(Ed25519PrivateKey.generate())


def read_or_make_key(path: Path) -> SigningKey:
    """Return the key at `path`, made on first use. Raises KeyUnusableError.

    Two processes that come at the same moment end with the same key: the first to link it wins.
    """
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = _write_draft(path)
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        except OSError as error:
            raise KeyUnusableError(f"{path} cannot be made: {error.strerror}") from None
    return read_key(path)


def read_key(path: Path) -> SigningKey:
    """Return the key in a file. Raises KeyUnusableError, also when others than its owner may read it."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise KeyUnusableError(f"{path} cannot be read: {error.strerror}") from None
    if mode & 0o077:
        raise KeyUnusableError(f"{path} can be read or written by others than its owner; its mode must be 0600")
    try:
        private = load_pem_private_key(data, password=None)
    except (ValueError, TypeError):
        raise KeyUnusableError(f"{path} is not a private key in PEM without a password") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyUnusableError(f"{path} is not an Ed25519 key")
    return SigningKey(private)


def replace_key(path: Path) -> SigningKey:
    """Put a fresh key in the place of the one at `path`, which is gone then. Raises KeyUnusableError."""
    try:
        _write_draft(path).replace(path)
    except OSError as error:
        raise KeyUnusableError(f"{path} cannot be replaced: {error.strerror}") from None
    return read_key(path)


def _write_draft(path: Path) -> Path:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    return draft
