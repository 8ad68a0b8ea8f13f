"""What was fetched while a notebook ran, and what was refused: in order, bounded in number, then counted."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

MOST_RECORDED: Final = 1000
URL_CHARACTERS: Final = 2000
NOT_TAKEN: Final = "The notebook did not take all of it."
_UNPRINTABLE: Final = re.compile(r"[^\x21-\x7e]")
# A user name and password, wherever an authority may stand; what follows a ? is kept as it is.
_USER: Final = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?//|)[^/?#]*@")

RefusalKind = Literal[
    "host",  # not among the allowed hosts
    "address",  # the host's name leads to an address that is not public
    "protocol",  # not a plain request of http or https that is forwarded
    "limit",  # a limit of bytes was reached before anything was fetched
]


@dataclass(slots=True)
class Fetched:
    """One request that was let out. Sizes are of bodies as they came, before any content coding is undone.

    `sha256` is of the whole body, None when it did not come as a whole; `status` is None while nothing was answered.
    """

    at: str
    method: str
    url: str
    host: str
    port: int
    status: int | None = None
    size_bytes: int = 0
    sha256: str | None = None
    coding: str = ""
    sent_bytes: int = 0
    took_s: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """One request that was not let out, and why."""

    at: str
    kind: RefusalKind
    method: str
    url: str
    host: str
    port: int | None
    reason: str


class Ledger:
    """Takes notes from several threads. Requests are listed in the order in which they began."""

    def __init__(self, most: int = MOST_RECORDED) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._fetched: list[Fetched] = []
        self._refused: list[Refused] = []
        self._fetched_count = 0
        self._refused_count = 0
        self._received_bytes = 0
        self._sent_bytes = 0

    def begin(self, method: str, url: str, host: str, port: int) -> Fetched:
        """Note a request that is let out; what becomes of it is written into the answer."""
        entry = Fetched(_now(), method, _short(url), host, port)
        with self._lock:
            self._fetched_count += 1
            if len(self._fetched) < self._most:
                self._fetched.append(entry)
        return entry

    def refuse(self, kind: RefusalKind, method: str, url: str, host: str, port: int | None, reason: str) -> None:
        """Note a request that is not let out."""
        entry = Refused(_now(), kind, _short(method)[:20], _short(url), _short(host)[:300], port, reason)
        with self._lock:
            self._refused_count += 1
            if len(self._refused) < self._most:
                self._refused.append(entry)

    def count(self, *, received: int = 0, sent: int = 0) -> tuple[int, int]:
        """Add bytes of bodies; return all that were received and sent so far."""
        with self._lock:
            self._received_bytes += received
            self._sent_bytes += sent
            return self._received_bytes, self._sent_bytes

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as the result and the statement say it."""
        with self._lock:
            return {
                "fetched": [asdict(entry) for entry in self._fetched],
                "fetched_count": self._fetched_count,
                "refused": [asdict(entry) for entry in self._refused],
                "refused_count": self._refused_count,
                "received_bytes": self._received_bytes,
                "sent_bytes": self._sent_bytes,
            }


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def seconds(self) -> float:
        """How long it runs, to the millisecond."""
        return round(time.monotonic() - self._started, 3)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _short(text: str) -> str:
    plain = _UNPRINTABLE.sub("?", _USER.sub(r"\1", text)[: URL_CHARACTERS + 1])
    return plain if len(plain) <= URL_CHARACTERS else plain[: URL_CHARACTERS - 3] + "..."
