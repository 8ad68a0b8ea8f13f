"""Names of images, judged before an engine hears them: `[host/]path[:tag][@digest]`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from builder.errors import BuildError

# What a name without a host means to every engine.
DEFAULT_HOST: Final = "docker.io"
_LENGTH: Final = 512
_PART: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REFERENCE: Final = re.compile(
    r"(?:(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?)/)?"
    rf"(?P<path>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of an image in full: "python:3.8" is docker.io, library/python, 3.8, no digest."""

    host: str
    path: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """Return host and path."""
        return f"{self.host}/{self.path}"

    @property
    def whole(self) -> str:
        """Return the name that engines understand: by its digest where there is one."""
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"

    def pinned(self, digest: str) -> Reference:
        """Return the same image by its digest."""
        return Reference(self.host, self.path, "", digest)


def parse_reference(text: str) -> Reference:
    """Return the image that `text` names. Raises BuildError image-forbidden when it names none."""
    match = _REFERENCE.fullmatch(text.strip()) if len(text) <= _LENGTH else None
    if match is None:
        raise BuildError("image-forbidden", image=text[:100], reason="it is not the name of an image")
    host, path = match["host"] or "", match["path"]
    # Engines take the first part for a host when it looks like one; otherwise it belongs to the path.
    if host and not ("." in host or ":" in host or host == "localhost"):
        if not re.fullmatch(_PART, host):
            raise BuildError("image-forbidden", image=text[:100], reason="it is not the name of an image")
        host, path = "", f"{host}/{path}"
    host = host.lower() or DEFAULT_HOST
    if host in ("index.docker.io", "registry-1.docker.io"):
        host = DEFAULT_HOST
    if host == DEFAULT_HOST and "/" not in path:
        path = f"library/{path}"
    digest = match["digest"] or ""
    return Reference(host, path, match["tag"] or ("" if digest else "latest"), digest)


def judge_host(reference: Reference, hosts: Iterable[str]) -> None:
    """Refuse an image of a registry that is not among `hosts`. Raises BuildError image-forbidden."""
    allowed = [host.lower() for host in hosts]
    if reference.host not in allowed:
        listed = ", ".join(allowed) or "none"
        reason = f"images are not taken from {reference.host} here; taken from: {listed}"
        raise BuildError("image-forbidden", image=reference.whole, reason=reason)
