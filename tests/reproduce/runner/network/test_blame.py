"""Whose doing it is when a cell fails that had a network."""

from __future__ import annotations

from typing import Any

import pytest

from reproduce.runner.job import Failure
from reproduce.runner.network.blame import network_blame
from reproduce.runner.network.ledger import NOT_TAKEN

REFUSED = {
    "at": "2",
    "kind": "host",
    "method": "GET",
    "url": "http://b.org/x",
    "host": "b.org",
    "port": 80,
    "reason": "no",
}
FETCHED = {"at": "1", "method": "GET", "url": "http://a.org/", "host": "a.org", "port": 80, "error": ""}
RAISED = Failure("c", 0, "HTTPError", "HTTP Error 403: Forbidden", "")


def blamed(*entries: dict[str, Any], failure: Failure = RAISED, is_network: bool = False) -> tuple[str, str] | None:
    lists = {
        "refused": [entry for entry in entries if "kind" in entry],
        "fetched": [entry for entry in entries if "kind" not in entry],
    }
    found = network_blame(lists, failure, "1", is_network=is_network)
    return None if found is None else (found.id, found.message)


def test_the_host_that_was_refused_last_is_what_it_needs():
    found = blamed(FETCHED, REFUSED)
    assert found is not None
    assert found[0] == "network-needed"
    assert "http://b.org/x" in found[1]


def test_of_a_refused_tunnel_the_host_is_told():
    tunnel = {**REFUSED, "method": "CONNECT", "port": 443, "url": "https://b.org/"}
    assert "(b.org)" in str(blamed(tunnel))


def test_an_answer_beyond_a_limit_is_told_with_the_limit():
    found = blamed({**REFUSED, "kind": "limit", "reason": "More than 1 GiB would be received at once."})
    assert found is not None
    assert found[0] == "cell-raised"
    assert "More than 1 GiB" in found[1]


def test_a_host_that_broke_off_is_upstreams_doing():
    broken = {**FETCHED, "at": "3", "error": "It broke off."}
    failure = Failure("c", 0, "IncompleteRead", "IncompleteRead(10 bytes read)", "")
    assert blamed(REFUSED, broken, failure=failure) == (
        "address-unreachable",
        "a.org does not answer as it should: It broke off.",
    )


@pytest.mark.parametrize(
    ("entries", "failure"),
    [
        ((), RAISED),
        ((FETCHED,), RAISED),
        ((REFUSED, {**FETCHED, "at": "3"}), RAISED),
        ((REFUSED,), Failure("c", 0, "ValueError", "no", "")),
        (({**REFUSED, "kind": "protocol"},), RAISED),
        (({**FETCHED, "error": NOT_TAKEN},), RAISED),
    ],
    ids=[
        "nothing",
        "a 403 of the host's own",
        "refused before something that came",
        "another error",
        "protocol",
        "not taken",
    ],
)
def test_what_the_proxy_did_not_do_is_not_its_doing(entries, failure):
    assert blamed(*entries, failure=failure) is None


def test_a_run_without_a_network_has_no_record():
    assert network_blame(None, RAISED, "1", is_network=True) is None
