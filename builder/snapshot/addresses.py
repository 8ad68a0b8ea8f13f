"""Refuse hosts that lead into a private network, by the addresses behind their names."""

from __future__ import annotations

import os
import socket

from builder.errors import SnapshotError
from catalog.addresses import is_public


def public_addresses(host: str, port: int) -> tuple[str, ...]:
    """Return every address of `host`, all of them public.

    Raises SnapshotError: source-private when any address is not public, repository-unreachable when the name is not
    known. The answer must be pinned in the client (see `git.pinned_host`), or the name could change its address
    between this question and the connection. Behind a proxy, names may be known to the proxy alone: then nothing is
    returned, and the proxy is what guards the network.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        if is_proxied():
            return ()
        reason = "its name is not known"
        raise SnapshotError("repository-unreachable", source=host, reason=reason) from error
    addresses = sorted({str(answer[4][0]).partition("%")[0] for answer in answers})
    if not all(is_public(address) for address in addresses):
        raise SnapshotError("source-private", host=host)
    return tuple(addresses)


def is_proxied() -> bool:
    """Tell whether this process reaches the web through a proxy."""
    return any(os.environ.get(name) for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"))
