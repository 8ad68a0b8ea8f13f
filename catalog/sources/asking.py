"""Ask metadata services: what all questions of one look-up share. Time, number, size, patience, pace and memory."""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

from catalog import outbound
from catalog.addresses import OutboundError
from catalog.causes import CausedError
from catalog.outbound import Response, retry_after_s
from catalog.sources import tolerant
from catalog.sources.answer_cache import AnswerCache
from catalog.sources.pace import Pace

JSON: Final = "application/json"
ANSWER_LIMIT_BYTES: Final = 8 * 2**20
_BUSY: Final = frozenset({429, 503})
_RETRIES: Final = 2
# A connection that breaks may be a passing fault; one that is refused or too slow hardly is.
_PASSING: Final = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, http.client.IncompleteRead)


class SourceFailed(CausedError):
    """A source does not know it (doi-unknown, reference-unknown) or cannot tell now (metadata-unreachable)."""


class Fetch(Protocol):
    """How an address is fetched: outbound.fetch, or something that promises the same."""

    def __call__(
        self,
        url: str,
        *,
        accept: str,
        timeout_s: float,
        size_limit_bytes: int,
        contact: str,
        allow_private: bool,
        longest_wait_s: float,
        known: Mapping[str, str] | None,
    ) -> Response: ...


@dataclass(slots=True)
class Asking:
    """One look-up: at most `most_requests` questions, `most_bytes` bytes and `timeout_s` seconds in all.

    A host that is busy (429, 503) or breaks the connection is asked twice more, after the pause that it asks for where
    that is within `longest_wait_s` and the time left, else after a growing pause with a random part; a longer pause is
    kept towards that host by `pace`. `backoff_s` is the first pause; `question_s` bounds one question.
    """

    contact: str = ""
    timeout_s: float = 15.0
    most_requests: int = 40
    most_bytes: int = 32 * 2**20
    longest_wait_s: float = 5.0
    backoff_s: float = 0.5
    question_s: float = 10.0
    allow_private: bool = False
    cache: AnswerCache | None = None
    pace: Pace = field(default_factory=lambda: Pace(0.0))
    fetch: Fetch = outbound.fetch
    requests: int = field(default=0, init=False)
    received_bytes: int = field(default=0, init=False)
    _deadline: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.timeout_s

    @property
    def left_s(self) -> float:
        """The seconds that are left, never less than 0."""
        return max(0.0, self._deadline - time.monotonic())

    def get(self, url: str, accept: str = JSON) -> Response:
        """Return the answer, whatever its status. Raises OutboundError as outbound.fetch does."""
        host = urlsplit(url).hostname or ""
        for attempt in range(_RETRIES + 1):
            try:
                answer = self._ask(url, accept, host)
            except OutboundError as error:
                if not isinstance(error.__cause__, _PASSING) or not self._wait(attempt, host, None):
                    raise
                continue
            if answer.status not in _BUSY:
                return answer
            if not self._wait(attempt, host, retry_after_s(answer.headers.get("retry-after", ""))):
                return answer
        return answer

    def json(self, url: str, *, about: str, accept: str = JSON) -> object:
        """Return the JSON value at `url`. Raises SourceFailed; `about` is what it says was looked for."""
        try:
            answer = self.get(url, accept)
        except OutboundError as error:
            raise SourceFailed("metadata-unreachable", doi=about, reason=error.cause.message) from error
        check_status(answer, about)
        value = tolerant.parse_json(answer.body)
        if value is None:
            raise SourceFailed("metadata-unreachable", doi=about, reason=f"{_host(answer)} answers with no JSON")
        return value

    def _ask(self, url: str, accept: str, host: str) -> Response:
        if self.requests >= self.most_requests:
            raise _used_up(host, f"one look-up asks at most {self.most_requests} questions")
        if self.received_bytes >= self.most_bytes:
            raise _used_up(host, f"one look-up reads at most {self.most_bytes // 2**20} MB")
        turn_s = self.pace.take_turn(host, within_s=self.left_s)
        if turn_s is None:
            raise _used_up(host, "it asked for a pause that is not over, or the time of the look-up is")
        time.sleep(turn_s)
        self.requests += 1
        kept = self.cache.get(url, accept) if self.cache else None
        answer = self.fetch(
            url,
            accept=accept,
            timeout_s=min(self.question_s, self.left_s),
            size_limit_bytes=min(ANSWER_LIMIT_BYTES, self.most_bytes - self.received_bytes),
            contact=self.contact,
            allow_private=self.allow_private,
            longest_wait_s=-1.0,
            known=kept.headers if kept else None,
        )
        self.received_bytes += len(answer.body)
        if answer.status == 304 and kept is not None:
            return kept
        if self.cache:
            self.cache.keep(url, accept, answer)
        return answer

    def _wait(self, attempt: int, host: str, asked_s: float | None) -> bool:
        """Wait before the next attempt; return False where there is to be none."""
        if asked_s is not None and asked_s > min(self.longest_wait_s, self.left_s):
            self.pace.pause(host, asked_s)
            return False
        if attempt >= _RETRIES:
            return False
        # With a random part, so that all who were turned away do not come back at once.
        grown_s = self.backoff_s * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
        wait_s = grown_s if asked_s is None else asked_s
        if wait_s >= self.left_s:
            return False
        time.sleep(wait_s)
        return True


def check_status(answer: Response, about: str) -> None:
    """Raise SourceFailed unless the answer is 200; 404 and 410 say that the reference is not known."""
    if answer.status in {404, 410}:
        raise SourceFailed("reference-unknown", host=_host(answer), reference=about)
    if answer.status in _BUSY or (answer.status == 403 and answer.headers.get("x-ratelimit-remaining") == "0"):
        raise SourceFailed("metadata-unreachable", doi=about, reason=f"{_host(answer)} asks for a pause")
    if answer.status != 200:
        raise SourceFailed("metadata-unreachable", doi=about, reason=f"{_host(answer)} answered {answer.status}")


def _host(answer: Response) -> str:
    return urlsplit(answer.url).hostname or "its host"


def _used_up(host: str, reason: str) -> OutboundError:
    return OutboundError("address-unreachable", host=host, reason=reason)
