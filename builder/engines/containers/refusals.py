"""Tell what a container engine refuses apart: each refusal becomes a cause of the catalogue."""

from __future__ import annotations

import re
from typing import Final

from builder.errors import BuildError

_REASON_LIMIT: Final = 400
_DISK_FULL: Final = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_SILENT: Final = re.compile(
    r"Cannot connect to the Docker daemon|Is the docker daemon running|failed to connect to the docker API"
    r"|error during connect|Cannot connect to Podman|unable to connect to Podman|context deadline exceeded"
    r"|permission denied while trying to connect|dial unix|buildx: unknown command|buildx plugin must be installed"
    r"|unknown command: docker buildx|commandline client must be installed|Unable to parse docker host"
    r"|unable to parse docker host",
    re.IGNORECASE,
)
_ABSENT: Final = re.compile(
    r"No such image|manifest unknown|manifest for \S+ not found|repository \S+ not found|name unknown"
    r"|image not known|no such object|pull access denied|requested access to the resource is denied"
    r"|insufficient_scope|manifest invalid|reading manifest \S+ in \S+: manifest unknown|: not found\b",
    re.IGNORECASE,
)
_REGISTRY: Final = re.compile(
    r"dial tcp|no such host|i/o timeout|TLS handshake|x509|connection refused|connection reset|Client\.Timeout"
    r"|received unexpected HTTP status: 5\d\d|toomanyrequests|too many requests|pinging container registry"
    r"|unauthorized: authentication required|failed to do request|EOF$|proxyconnect|server gave HTTP response",
    re.IGNORECASE | re.MULTILINE,
)


def tell_refusal(text: str, *, image: str) -> BuildError:
    """Return the BuildError that the engine's words mean; what nobody has met is the engine's own fault."""
    if _DISK_FULL.search(text):
        return BuildError("disk-full", path="the container engine's directory")
    if _SILENT.search(text):
        return BuildError("container-engine-unreachable", reason=_last(text))
    if _ABSENT.search(text):
        line = next(line for line in (*text.splitlines(), text) if _ABSENT.search(line))
        return BuildError("image-not-found", image=image).seen_in(line)
    if _REGISTRY.search(text):
        return BuildError("registry-unreachable", image=image, reason=_last(text))
    return BuildError("container-engine-unreachable", reason=_last(text))


def is_registry_silent(text: str) -> bool:
    """Tell whether the words are about a network that does not answer."""
    return _REGISTRY.search(text) is not None


def is_engine_gone(text: str) -> bool:
    """Tell whether the words are about an engine that is not there (any more)."""
    return _SILENT.search(text) is not None


def is_disk_full(text: str) -> bool:
    """Tell whether the words are about a full disk."""
    return _DISK_FULL.search(text) is not None


def shortened(text: str) -> str:
    """Return one line that fits a message, without what an address may carry before its @."""
    plain = re.sub(r"//[^/@\s]*@", "//…@", " ".join(text.split()))
    return plain if len(plain) <= _REASON_LIMIT else plain[: _REASON_LIMIT - 1] + "…"


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return shortened(lines[-1]) if lines else "it says nothing"
