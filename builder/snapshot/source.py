"""Tell what a visitor typed: a directory, a git address with an optional @ref, or a DOI. Pure: nothing is looked up."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from builder.errors import SnapshotError
from catalog.addresses import is_public

PUBLIC_SCHEMES: Final = frozenset({"https", "ssh"})
_LENGTH_LIMIT: Final = 2048
_DOI: Final = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_TRANSPORT: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)::")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SCP: Final = re.compile(
    r"(?P<user>[A-Za-z0-9_.][\w.-]*)@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?P<path>[^-:/\s][^:\s]*)"
)
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.?")
_REF: Final = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./+@#=-]*")
_PRIVATE_SUFFIXES: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a repository is. `location` is a path, a git address without the ref, or a bare DOI."""

    kind: Literal["directory", "git", "doi"]
    location: str
    ref: str | None = None
    scheme: str = ""
    host: str = ""
    port: int | None = None

    def __str__(self) -> str:
        return self.location if self.ref is None else f"{self.location}@{self.ref}"


def parse_source(
    text: str,
    *,
    allowed_schemes: frozenset[str] = PUBLIC_SCHEMES,
    is_directory_allowed: bool = False,
    allow_private: bool = False,
) -> Source:
    """Return what `text` names.

    Raises SnapshotError (source-malformed, source-scheme, source-private). Host names are judged by their form only;
    the addresses behind them are looked up when fetching, see builder.snapshot.addresses.
    """
    text = text.strip()
    _refuse_strange_text(text)
    doi = _DOI.fullmatch(text)
    if doi:
        return Source("doi", doi.group(1))
    transport = _TRANSPORT.match(text)
    if transport:
        raise SnapshotError("source-scheme", scheme=f"{transport.group(1)}::")
    if _SCHEME.match(text):
        return _parse_url(text, allowed_schemes, allow_private)
    scp = _SCP.fullmatch(text)
    if scp:
        return _parse_scp(scp, allowed_schemes, allow_private)
    if not is_directory_allowed:
        raise _malformed(text, "it is not an address with a scheme, and directories of this machine are not read")
    return Source("directory", text)


def _refuse_strange_text(text: str) -> None:
    if not text:
        raise _malformed(text, "it is empty")
    if len(text) > _LENGTH_LIMIT:
        raise _malformed(text[:60] + "…", f"it is longer than {_LENGTH_LIMIT} characters")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise _malformed(ascii(text)[1:-1], "it holds control characters")
    if text.startswith("-"):
        raise _malformed(text, "it starts with a hyphen")


def _parse_url(text: str, allowed_schemes: frozenset[str], allow_private: bool) -> Source:
    scheme = text.partition("://")[0].lower()
    if scheme not in allowed_schemes:
        raise SnapshotError("source-scheme", scheme=scheme)
    if re.search(r"[\s\\]", text):
        raise _malformed(text, "it holds spaces or backslashes")
    authority, slash, path = text[len(scheme) + 3 :].partition("/")
    path, ref = _split_ref(path)
    location = f"{scheme}://{authority}{slash}{path}"
    if scheme == "file":
        if authority not in ("", "localhost") or not path:
            raise _malformed(text, "a file address names an absolute path")
        return Source("git", location, ref, scheme)
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError as error:
        raise _malformed(text, str(error)) from error
    if parts.password is not None or (parts.username is not None and scheme != "ssh"):
        raise _malformed(_without_user(text), "it holds a user name or password, which would be shown to everybody")
    if parts.query or parts.fragment or not path.strip("/"):
        raise _malformed(text, "it names no repository on its host")
    if parts.username is not None and not re.fullmatch(r"[\w.][\w.-]*", parts.username):
        raise _malformed(text, "its user name has characters that are not accepted")
    host = _judge_host(parts.hostname or "", text, allow_private)
    if unquote(path).startswith("-") or "/-" in f"/{unquote(path)}"[:2]:
        raise _malformed(text, "its path starts with a hyphen")
    return Source("git", location, ref, scheme, host, port)


def _parse_scp(match: re.Match[str], allowed_schemes: frozenset[str], allow_private: bool) -> Source:
    if "ssh" not in allowed_schemes:
        raise SnapshotError("source-scheme", scheme="ssh")
    path, ref = _split_ref(match["path"])
    host = _judge_host(match["host"], match.group(0), allow_private)
    return Source("git", f"{match['user']}@{host}:{path}", ref, "ssh", host)


def _split_ref(path: str) -> tuple[str, str | None]:
    """Split "org/x.git@feature/y" at the first @ that does not start a path segment (some hosts write /@user/)."""
    found = re.search(r"(?<=[^/])@", path)
    if not found:
        return path, None
    ref = path[found.end() :]
    if not _REF.fullmatch(ref) or ".." in ref or "//" in ref or "@{" in ref or ref.endswith(("/", ".lock")):
        raise _malformed(path, f"“{ref}” cannot be a branch, tag or commit")
    return path[: found.start()], ref


def _judge_host(host: str, text: str, allow_private: bool) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if not _HOST.fullmatch(host) or ".." in host or len(host) > 253:
            raise _malformed(text, "its host is not a host name") from None
        if not allow_private and _is_private_name(host.lower().rstrip(".")):
            raise SnapshotError("source-private", host=host) from None
        return host
    if not allow_private and not is_public(str(address)):
        raise SnapshotError("source-private", host=host)
    return host


def _is_private_name(host: str) -> bool:
    # A single label, and numbers in the odd forms that inet_aton accepts (127.1, 0x7f.1, 2130706433), are local.
    if host == "localhost" or host.endswith(_PRIVATE_SUFFIXES) or "." not in host:
        return True
    return all(re.fullmatch(r"\d+|0x[0-9a-f]*", label) for label in host.split("."))


def _without_user(text: str) -> str:
    return re.sub(r"//[^/]*@", "//…@", text)


def _malformed(source: str, reason: str) -> SnapshotError:
    return SnapshotError("source-malformed", source=source, reason=reason)
