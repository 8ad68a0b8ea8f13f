"""Metadata services are asked politely and within bounds, whatever they answer."""

from __future__ import annotations

import socket
import struct
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from catalog.addresses import OutboundError
from catalog.causes import CausedError
from catalog.sources.answer_cache import AnswerCache
from catalog.sources.asking import Asking
from catalog.sources.pace import Pace
from tests.catalog.local_host import Answer
from tests.catalog.sources.serving import Sources

WHOLE: Answer = (200, {}, b"{}")


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Break the connection off before an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_is_busy_is_asked_again(status: int, served: Sources) -> None:
    served.host.answers["/x"] = [(status, {}, b""), (status, {"Retry-After": "0"}, b""), WHOLE]
    assert served.asking().get(f"{served.host.url}/x").status == 200
    assert len(served.host.requests) == 3


def test_a_host_that_stays_busy_is_asked_three_times_in_all(served: Sources) -> None:
    served.serve("/x", b"", 503)
    assert served.asking().get(f"{served.host.url}/x").status == 503
    assert len(served.host.requests) == 3


def test_a_connection_that_breaks_is_tried_again(served: Sources) -> None:
    served.host.answers["/x"] = [reset, WHOLE]
    assert served.asking().get(f"{served.host.url}/x").body == b"{}"


def test_a_pause_that_is_asked_for_is_kept_before_the_next_attempt(served: Sources) -> None:
    served.host.answers["/x"] = [(429, {"Retry-After": "1"}, b""), WHOLE]
    started = time.monotonic()
    assert served.asking().get(f"{served.host.url}/x").status == 200
    assert time.monotonic() - started >= 1


def test_a_host_that_asks_for_a_long_pause_is_let_be_until_it_is_over(served: Sources) -> None:
    served.serve("/x", b"", 429, **{"Retry-After": "3600"})
    pace = Pace(0.0)
    assert served.asking(pace=pace).get(f"{served.host.url}/x").status == 429
    with pytest.raises(OutboundError) as failure:
        served.asking(pace=pace).get(f"{served.host.url}/y")
    assert "pause" in failure.value.cause.message
    assert len(served.host.requests) == 1


def test_between_two_questions_to_a_host_lies_a_pause() -> None:
    pace = Pace(5.0)
    assert pace.take_turn("a.example.org", within_s=1) == 0
    assert pace.take_turn("b.example.org", within_s=1) == 0
    assert pace.take_turn("a.example.org", within_s=1) is None
    wait_s = pace.take_turn("a.example.org", within_s=60)
    assert wait_s is not None
    assert 0 < wait_s <= 5


def test_a_look_up_asks_no_more_than_it_may(served: Sources) -> None:
    served.serve("/x", b"{}")
    asking = served.asking(most_requests=2)
    for _ in range(2):
        asking.get(f"{served.host.url}/x")
    with pytest.raises(OutboundError):
        asking.get(f"{served.host.url}/x")
    assert len(served.host.requests) == 2


def test_a_look_up_reads_no_more_than_it_may(served: Sources) -> None:
    served.serve("/x", b"x" * 1000)
    asking = served.asking(most_bytes=1500)
    asking.get(f"{served.host.url}/x")
    with pytest.raises(OutboundError) as failure:
        asking.get(f"{served.host.url}/x")
    assert failure.value.cause.id == "answer-too-large"


def test_a_look_up_ends_with_its_time_however_often_it_would_try(served: Sources) -> None:
    served.serve("/x", b"", 503, **{"Retry-After": "1"})
    started = time.monotonic()
    served.asking(timeout_s=0.5).get(f"{served.host.url}/x")
    assert time.monotonic() - started < 5
    assert len(served.host.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((404, {}, b""), "reference-unknown"),
        ((410, {}, b""), "reference-unknown"),
        ((403, {"X-RateLimit-Remaining": "0"}, b""), "metadata-unreachable"),
        ((500, {}, b""), "metadata-unreachable"),
        ((200, {}, b"<html>Be back soon</html>"), "metadata-unreachable"),
        ((200, {}, '{"a": "ä"}'.encode("latin-1")), "metadata-unreachable"),
        ((200, {}, b"[" * 100_000), "metadata-unreachable"),
        ((302, {"Location": "/x"}, b""), "metadata-unreachable"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "metadata-unreachable"),
        ((200, {"Content-Length": "99"}, b"{}"), "metadata-unreachable"),
    ],
    ids=[
        "missing",
        "gone",
        "rate-limit",
        "fault",
        "html",
        "encoding",
        "deep",
        "redirect-loop",
        "redirect-to-file",
        "cut-off",
    ],
)
def test_whatever_a_source_answers_ends_in_a_cause(answer: Answer, kind: str, served: Sources) -> None:
    served.host.answers["/x"] = answer
    with pytest.raises(CausedError) as failure:
        Asking(allow_private=True, backoff_s=0.01, timeout_s=3.0, question_s=1.0).json(
            f"{served.host.url}/x", about="10.5555/x"
        )
    assert failure.value.cause.id == kind


def test_an_answer_that_still_holds_is_not_sent_again(served: Sources, tmp_path: Path) -> None:
    served.host.answers["/x"] = [(200, {"ETag": '"1"', "Last-Modified": "then"}, b'{"a": 1}'), (304, {}, b"")]
    cache = AnswerCache(tmp_path, 100_000)
    for _ in range(2):
        assert served.asking(cache=cache).json(f"{served.host.url}/x", about="x") == {"a": 1}
    asked = served.host.requests[1][1]
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"1"', "then")


def test_an_answer_that_changed_replaces_the_one_that_was_kept(served: Sources, tmp_path: Path) -> None:
    served.host.answers["/x"] = [
        (200, {"ETag": '"1"'}, b'{"a": 1}'),
        (200, {"ETag": '"2"'}, b'{"a": 2}'),
        (304, {}, b""),
    ]
    cache = AnswerCache(tmp_path, 100_000)
    found = [served.asking(cache=cache).json(f"{served.host.url}/x", about="x") for _ in range(3)]
    assert found == [{"a": 1}, {"a": 2}, {"a": 2}]


@pytest.mark.parametrize(
    "headers", [{}, {"ETag": '"1"', "Cache-Control": "private, no-store"}], ids=["none", "forbidden"]
)
def test_an_answer_that_cannot_or_may_not_be_kept_is_not(
    headers: dict[str, str], served: Sources, tmp_path: Path
) -> None:
    served.serve("/x", b"{}", **headers)
    served.asking(cache=AnswerCache(tmp_path, 100_000)).get(f"{served.host.url}/x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[:-1],
        lambda data: data + b" ",
        lambda data: data.replace(b'{"a": 1}', b'{"a": 9}'),
        lambda data: data.replace(b"/x", b"/y"),
        lambda data: b"",
        lambda data: b"null\n" + data,
        lambda data: b"[" * 10_000 + b"\n",
        lambda data: b"\xff\xfe",
    ],
    ids=["cut", "longer", "poisoned", "of-another", "empty", "null", "deep", "noise"],
)
def test_a_kept_answer_that_was_harmed_counts_as_absent(harm: object, served: Sources, tmp_path: Path) -> None:
    served.serve("/x", b'{"a": 1}', ETag='"1"')
    cache = AnswerCache(tmp_path, 100_000)
    served.asking(cache=cache).get(f"{served.host.url}/x")
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(harm(entry.read_bytes()))  # type: ignore[operator]  # one of the above
    assert served.asking(cache=cache).json(f"{served.host.url}/x", about="x") == {"a": 1}
    assert "if-none-match" not in served.host.requests[-1][1]


def test_a_304_that_nobody_asked_for_is_no_answer(served: Sources, tmp_path: Path) -> None:
    served.serve("/x", b"", 304)
    with pytest.raises(CausedError):
        served.asking(cache=AnswerCache(tmp_path, 100_000)).json(f"{served.host.url}/x", about="x")


def test_the_cache_stays_within_its_size(served: Sources, tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path, 4000)
    for number in range(20):
        served.serve(f"/{number}", b"x" * 800, ETag='"1"')
        served.asking(cache=cache).get(f"{served.host.url}/{number}")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4000
    assert cache.get(f"{served.host.url}/19", "application/json") is not None


def test_a_cache_that_cannot_be_written_only_keeps_nothing(served: Sources, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    served.serve("/x", b"{}", ETag='"1"')
    assert served.asking(cache=AnswerCache(tmp_path / "file", 4000)).get(f"{served.host.url}/x").status == 200
