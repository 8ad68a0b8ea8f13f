"""An index says itself where its files are, in either form of its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from builder.engines.build_network.file_hosts import file_hosts
from builder.engines.build_network.reach import authority_of
from tests.catalog.local_host import LocalHost, local_host

PAGE = "/simple/ipykernel/"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHost]:
    # Another test's host may have had the same port, and is remembered by it.
    monkeypatch.setattr("builder.engines.build_network.file_hosts._known", {})
    with local_host() as served:
        yield served


def test_the_json_form_names_the_hosts_of_its_files(host: LocalHost) -> None:
    files = [{"url": "https://files.example.org/a.whl"}, {"url": "../../b.whl"}, {"url": 7}, "text", {"url": "ftp://x"}]
    host.answers[PAGE] = (200, {}, json.dumps({"files": files}).encode())
    assert file_hosts(f"{host.url}/simple") == {("files.example.org", 443), authority_of(host.url)}


def test_the_html_form_names_the_hosts_of_its_files(host: LocalHost) -> None:
    host.answers[PAGE] = (200, {}, b'<a data-x="1" href="https://files.example.org:8443/a.whl#sha256=1">a.whl</a>')
    assert file_hosts(f"{host.url}/simple/") == {("files.example.org", 8443), authority_of(host.url)}


def test_it_is_asked_once(host: LocalHost) -> None:
    host.answers[PAGE] = (200, {}, b'{"files": []}')
    assert file_hosts(f"{host.url}/simple") == file_hosts(f"{host.url}/simple")
    assert host.paths == [PAGE]


@pytest.mark.parametrize("answer", [(503, {}, b""), (200, {}, b"{broken"), (200, {}, b"{" + b" " * 20 * 2**20)])
def test_an_index_that_does_not_answer_well_has_none(
    host: LocalHost, answer: tuple[int, dict[str, str], bytes]
) -> None:
    host.answers[PAGE] = answer
    assert file_hosts(f"{host.url}/simple") == frozenset()


def test_a_page_that_names_many_hosts_is_not_believed_in_all(host: LocalHost) -> None:
    files = [{"url": f"https://h{number}.example.org/a.whl"} for number in range(50)]
    host.answers[PAGE] = (200, {}, json.dumps({"files": files}).encode())
    assert len(file_hosts(f"{host.url}/simple")) == 8
