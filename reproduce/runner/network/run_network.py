"""The network of one run: its certificate authority, its proxy, what the kernel is told of them, and the record."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import certifi

from catalog.allowed_hosts import parse_allowed_host
from reproduce.runner.job import Network
from reproduce.runner.network.authority import RunAuthority
from reproduce.runner.network.conversation import Office
from reproduce.runner.network.inside import listen_inside
from reproduce.runner.network.ledger import Ledger
from reproduce.runner.network.proxy import Proxy
from reproduce.runner.network.upstream import Upstream

PORT_INSIDE: Final = 3128
BUNDLE_NAME: Final = "ca.pem"
_NO_PROXY: Final = "localhost,127.0.0.1,::1"
# What tells OpenSSL, requests, curl, pip, git, node, boto3 and R which authorities to trust.
_BUNDLE_VARIABLES: Final = (
    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS"),
    *("AWS_CA_BUNDLE", "JULIA_SSL_CA_ROOTS_PATH"),
)


class RunNetwork:
    """Made before the kernel, opened beside it, closed with the run. `shared` is a directory that both sides see.

    Raises AuthorityError where no certificates can be made.
    """

    def __init__(self, network: Network, *, shared: Path, is_confined: bool) -> None:
        self._network = network
        self._is_confined = is_confined
        self._ledger = Ledger()
        self._authority = RunAuthority()
        self._proxy: Proxy | None = None
        self._office = Office(
            network=network,
            allowed=tuple(parse_allowed_host(text) for text in network.allowed_hosts),
            authority=self._authority,
            upstream=Upstream(is_private_allowed=network.is_private_allowed),
            ledger=self._ledger,
        )
        roots = Path(certifi.where()).read_bytes()
        (shared / BUNDLE_NAME).write_bytes(roots.rstrip() + b"\n\n" + self._authority.certificate)
        self._listener: socket.socket | None = None
        if not is_confined:
            # The kernel has this machine's own network: the proxy then only records what is asked of it.
            self._listener = socket.create_server(("127.0.0.1", 0))

    def variables(self, shared_inside: str) -> dict[str, str]:
        """The environment variables of the kernel, which sees the shared directory at `shared_inside`."""
        port = PORT_INSIDE if self._listener is None else self._listener.getsockname()[1]
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), f"http://127.0.0.1:{port}") | {"NO_PROXY": _NO_PROXY}
        return {
            **proxies,
            **{name.lower(): text for name, text in proxies.items()},
            **dict.fromkeys(_BUNDLE_VARIABLES, f"{shared_inside}/{BUNDLE_NAME}"),
        }

    def open(self, pids: Callable[[], list[int]]) -> None:
        """Begin to serve the run whose processes `pids` tells. Raises NotInsideError."""
        listener = self._listener or listen_inside(pids, PORT_INSIDE)
        self._proxy = Proxy(self._office, listener)

    def close(self) -> None:
        """End the proxy and forget its keys."""
        if self._proxy is not None:
            self._proxy.close()
        elif self._listener is not None:
            self._listener.close()
        self._authority.remove()

    def record(self) -> dict[str, Any]:
        """What was allowed, fetched and refused, for the result."""
        return {
            "allowed_hosts": list(self._network.allowed_hosts),
            "is_confined": self._is_confined,
            **self._ledger.as_dict(),
        }
