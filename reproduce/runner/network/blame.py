"""What the record of a run's network says of an error that a cell raised. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from catalog.causes import Cause, cause
from reproduce.runner.job import Failure
from reproduce.runner.network.ledger import NOT_TAKEN

_HTTPS: Final = 443
# The proxy's own answers as clients tell them, and bodies that broke off.
_SAID_BY_PROXY: Final = re.compile(r"\b(?:403|502)\b|Forbidden|Bad Gateway|not among the hosts that this notebook")
_BROKEN_OFF: Final = frozenset(
    {"IncompleteRead", "ChunkedEncodingError", "RemoteDisconnected", "ConnectionResetError", "ClientPayloadError"}
)


def network_blame(network: Mapping[str, Any] | None, failure: Failure, cell: str, *, is_network: bool) -> Cause | None:
    """Return the cause where the proxy refused or failed last what the cell wanted; None where it did neither.

    `is_network` tells whether the error looks like one of the network by itself.
    """
    if network is None or not (is_network or _is_of_proxy(failure)):
        return None
    last = max((*network["refused"], *network["fetched"]), key=lambda entry: str(entry["at"]), default=None)
    if last is None:
        return None
    if last.get("kind") in ("host", "address"):
        return cause("network-needed", cell=cell, address=_address(last))
    if last.get("kind") == "limit":
        return cause("cell-raised", cell=cell, ename=failure.ename, evalue=f"{_address(last)}: {last['reason']}")
    if last.get("error", "") not in ("", NOT_TAKEN):
        # A host that does not answer now says nothing of the work.
        return cause("address-unreachable", host=last["host"], reason=last["error"])
    return None


def _is_of_proxy(failure: Failure) -> bool:
    return failure.ename in _BROKEN_OFF or _SAID_BY_PROXY.search(failure.evalue) is not None


def _address(entry: Mapping[str, Any]) -> str:
    """The address as far as it is known: of a tunnel that was refused no more than the host."""
    is_tunnel = entry["method"] == "CONNECT" and entry["port"] == _HTTPS
    return str(entry["host"] if is_tunnel else entry["url"])
