"""Which addresses this service may connect to: only such that anyone on the Internet could reach."""

from __future__ import annotations

import ipaddress
import socket
import threading
from typing import Final

from catalog.causes import CausedError

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# Global by the registries of IANA, yet each leads to another address that could be private or a relay's.
_REFUSED_NETWORKS: Final = (
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("2001::/32"),
    ipaddress.IPv6Network("2002::/16"),
    ipaddress.IPv6Network("fec0::/10"),
)


class OutboundError(CausedError):
    """The address is refused (address-refused), does not answer (address-unreachable) or answers too much."""


def is_public(address: str) -> bool:
    """Tell whether an IP address is one that anyone on the Internet could reach.

    Follows the special-purpose registries of IANA (RFC 6890), and looks into the forms of IPv6 that carry an IPv4
    address: mapped (RFC 4291) and NAT64 (RFC 6052) are judged by it, 6to4 and Teredo are refused.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None:
            return False
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    if any(ip in network for network in _REFUSED_NETWORKS if network.version == ip.version):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_private or ip.is_loopback)


def resolve(host: str, port: int, *, timeout_s: float, allow_private: bool = False) -> tuple[str, ...]:
    """Return the addresses of `host`, all of them public unless `allow_private`.

    One private address among public ones refuses them all. Raises OutboundError (address-refused,
    address-unreachable).
    """
    found: list[str] = []
    failures: list[str] = []

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except (OSError, UnicodeError) as error:
            failures.append(str(error))

    # The resolver of the C library knows no time limit; a thread that it holds up is left behind.
    thread = threading.Thread(target=look_up, name="resolve", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if thread.is_alive():
        raise OutboundError("address-unreachable", host=host, reason="its name was not resolved in time")
    if failures or not found:
        raise OutboundError("address-unreachable", host=host, reason="its name is not known")
    if not allow_private and not all(is_public(address) for address in found):
        raise OutboundError("address-refused", address=host, reason="it is not a public address")
    return tuple(found)
