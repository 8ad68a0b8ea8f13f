"""Bytes as text: base58btc and base64url behind a letter that names them (Multibase), and Ed25519 keys (Multikey)."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from reproduce.certificates.canonical import MalformedError

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PLACES: Final = {letter: place for place, letter in enumerate(_ALPHABET)}
# The varint of ed25519-pub in the table of multicodec.
_ED25519_PUBLIC: Final = b"\xed\x01"
# Decoding takes the square of the length in time; keys and signatures are far shorter.
_MOST_LETTERS: Final = 200


def encode_base58(data: bytes) -> str:
    """Return `data` in base58btc with its letter z."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, place = divmod(number, 58)
        text = _ALPHABET[place] + text
    return "z" + _ALPHABET[0] * (len(data) - len(data.lstrip(b"\0"))) + text


def decode_base58(text: str) -> bytes:
    """Return the bytes of a string that `encode_base58` makes. Raises MalformedError."""
    if not text.startswith("z") or len(text) > _MOST_LETTERS:
        raise MalformedError("a key or signature is not in base58btc behind the letter z")
    number = 0
    for letter in text[1:]:
        if letter not in _PLACES:
            raise MalformedError(f"the sign {letter!r} does not occur in base58btc")
        number = number * 58 + _PLACES[letter]
    body = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return b"\0" * (len(text) - 1 - len(text[1:].lstrip(_ALPHABET[0]))) + body


def encode_base64url(data: bytes) -> str:
    """Return `data` in base64url without padding, with its letter u."""
    return "u" + base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decode_base64url(text: str) -> bytes:
    """Return the bytes of a string that `encode_base64url` makes. Raises MalformedError."""
    if not text.startswith("u"):
        raise MalformedError("a list is not in base64url behind the letter u")
    body = text[1:]
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("a list is not in base64url") from None


def encode_key(public: bytes) -> str:
    """Return the 32 bytes of an Ed25519 public key as a Multikey."""
    return encode_base58(_ED25519_PUBLIC + public)


def decode_key(multikey: str) -> bytes:
    """Return the 32 bytes of the Ed25519 public key. Raises MalformedError for any other key."""
    data = decode_base58(multikey)
    if len(data) != 34 or not data.startswith(_ED25519_PUBLIC):
        raise MalformedError("a key is not an Ed25519 public key")
    return data[2:]
