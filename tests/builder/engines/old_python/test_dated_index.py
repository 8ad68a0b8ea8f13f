"""The index as of a date: what it shows, what it hides, and what it passes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import requests
from packaging.version import Version

from builder.engines.old_python.dated_index import Rules, serve
from builder.engines.old_python.upstream import PUBLIC_INDEX, Upstream, index_address
from builder.errors import BuildError
from tests.builder.engines.local_index import LocalIndex
from tests.builder.engines.old_python.conftest import THEN

Publish = Callable[..., None]


def page(upstream: Upstream, rules: Rules, name: str = "optics") -> str:
    with serve(upstream, rules) as index:
        answer = requests.get(f"{index.url}{name}/", timeout=10)
    return answer.text if answer.status_code == 200 else str(answer.status_code)


def test_files_uploaded_after_the_date_are_hidden(upstream: Upstream, optics: Publish) -> None:
    optics(("1.0", "2016-01-01"), ("1.1", "2016-09-15"), ("2.0", "2016-09-16"))
    shown = page(upstream, Rules(THEN))
    assert "optics-1.0-" in shown
    assert "optics-1.1-" in shown
    assert "optics-2.0-" not in shown


def test_a_project_may_have_a_date_of_its_own(upstream: Upstream, optics: Publish) -> None:
    optics(("2.0", "2017-01-01"))
    assert "optics-2.0-" in page(upstream, Rules(THEN, dates={"optics": datetime(2018, 1, 1, tzinfo=UTC)}))


def test_withdrawn_releases_are_hidden_unless_pinned(upstream: Upstream, optics: Publish) -> None:
    optics(("1.0", "2016-01-01"), is_yanked=True)
    assert "optics-1.0-" not in page(upstream, Rules(THEN))
    assert "optics-1.0-" in page(upstream, Rules(THEN, pinned=frozenset({("optics", Version("1.0"))})))


def test_the_pythons_that_a_file_asks_for_are_passed_on(upstream: Upstream, optics: Publish) -> None:
    optics(("1.0", "2016-01-01"), requires_python=">=2.7,<3")
    assert 'data-requires-python="&gt;=2.7,&lt;3"' in page(upstream, Rules(THEN))


def test_sources_of_what_needs_a_compiler_are_hidden(upstream: Upstream, index: LocalIndex, optics: Publish) -> None:
    optics(("1.0", "2016-01-01"))
    index.source("optics", "1.1", uploaded="2016-01-01T00:00:00Z", setup="")
    assert "optics-1.1.tar.gz" in page(upstream, Rules(THEN))
    for rules in (Rules(THEN, wheels_only=frozenset({"optics"})), Rules(THEN, are_sources_shown=False)):
        assert "optics-1.1.tar.gz" not in page(upstream, rules)
        assert "optics-1.0-" in page(upstream, rules)


def test_a_preview_is_no_replacement_for_a_release_that_is_there(upstream: Upstream, optics: Publish) -> None:
    optics(("1.5", "2016-01-01"), ("2.0b4", "2016-09-09"))
    assert "2.0b4" not in page(upstream, Rules(THEN))
    assert "2.0b4" in page(upstream, Rules(THEN, with_prereleases=frozenset({"optics"})))


def test_previews_are_shown_where_there_is_nothing_else(upstream: Upstream, optics: Publish) -> None:
    optics(("2.0b4", "2016-09-09"), ("2.0", "2017-01-01"))
    assert "2.0b4" in page(upstream, Rules(THEN))


def test_what_the_index_does_not_know_is_not_there(upstream: Upstream) -> None:
    assert page(upstream, Rules(THEN), "nowhere") == "404"


@pytest.mark.parametrize("name", ["..%2f..%2fetc", "a%20b", "<b>"])
def test_names_that_are_none_are_not_asked_for(upstream: Upstream, index: LocalIndex, name: str) -> None:
    assert page(upstream, Rules(THEN), name) == "404"
    assert index.asked == []


def test_nobody_without_the_secret_is_answered(upstream: Upstream, optics: Publish) -> None:
    optics(("1.0", "2016-01-01"))
    with serve(upstream, Rules(THEN)) as served:
        scheme, _, host, _, *rest = served.url.split("/")
        assert requests.get("/".join([scheme, "", host, "guess", *rest, "optics/"]), timeout=10).status_code == 404


def test_a_file_goes_through_with_its_checksum_compared(upstream: Upstream, index: LocalIndex, optics: Publish) -> None:
    optics(("1.0", "2016-01-01"))
    content = index.files["optics-1.0-py2.py3-none-any.whl"][0]
    with serve(upstream, Rules(THEN)) as served:
        page_url = f"{served.url}optics/"
        link = requests.get(page_url, timeout=10).text.split('href="')[1].split("#")[0]
        assert requests.get(f"{page_url}{link}", timeout=10).content == content


def test_a_changed_file_is_not_passed_on(upstream: Upstream, index: LocalIndex, optics: Publish) -> None:
    optics(("1.0", "2016-01-01"))
    index.corrupt("optics-1.0-py2.py3-none-any.whl")
    with serve(upstream, Rules(THEN)) as served:
        page_url = f"{served.url}optics/"
        link = requests.get(page_url, timeout=10).text.split('href="')[1].split("#")[0]
        assert requests.get(f"{page_url}{link}", timeout=10).status_code == 502
        assert served.failure is not None
        assert served.failure.kind_id == "hash-mismatch"


def test_a_file_that_no_page_named_is_not_given(upstream: Upstream, optics: Publish) -> None:
    optics(("2.0", "2017-01-01"))
    (late,) = upstream.project("optics") or ()
    with serve(upstream, Rules(THEN)) as served:
        requests.get(f"{served.url}optics/", timeout=10)
        address = served.url.replace("/simple/", f"/files/{late.sha256}/{late.name}")
        assert requests.get(address, timeout=10).status_code == 404


def test_a_kept_file_that_was_damaged_is_fetched_again(upstream: Upstream, optics: Publish) -> None:
    optics(("1.0", "2016-01-01"))
    (file,) = upstream.project("optics") or ()
    upstream.fetch(file.url, file.sha256, file.name).write_bytes(b"damaged")
    assert len(upstream.fetch(file.url, file.sha256, file.name).read_bytes()) == file.size


def test_a_file_that_is_gone_has_vanished(upstream: Upstream, index: LocalIndex, optics: Publish) -> None:
    optics(("1.0", "2016-01-01"))
    (file,) = upstream.project("optics") or ()
    index.served.clear()
    with pytest.raises(BuildError) as caught:
        upstream.fetch(file.url, file.sha256, file.name)
    assert caught.value.kind_id == "release-vanished"


def test_an_index_that_refuses_is_unreachable(upstream: Upstream, index: LocalIndex) -> None:
    index.status = 403
    with pytest.raises(BuildError) as caught:
        upstream.project("optics")
    assert caught.value.kind_id == "index-unreachable"
    assert "403" in caught.value.data["reason"]


def test_an_index_without_dates_is_named_as_that(upstream: Upstream, index: LocalIndex, optics: Publish) -> None:
    optics(("1.0", ""))
    index.files = {name: (facts[0], "", *facts[2:]) for name, facts in index.files.items()}
    with pytest.raises(BuildError) as caught:
        upstream.project("optics")
    assert "upload times" in caught.value.data["reason"]


@pytest.mark.parametrize(
    ("configured", "variables", "address"),
    [
        ("https://a.example/simple", {"UV_DEFAULT_INDEX": "https://b.example"}, "https://a.example/simple"),
        (
            None,
            {"UV_DEFAULT_INDEX": "ours=https://b.example", "PIP_INDEX_URL": "https://c.example"},
            "https://b.example",
        ),
        (None, {"PIP_INDEX_URL": "https://c.example"}, "https://c.example"),
        (None, {}, PUBLIC_INDEX),
    ],
)
def test_the_index_is_the_one_that_the_operator_names(
    configured: str | None, variables: dict[str, str], address: str
) -> None:
    assert index_address(configured, variables) == address


def test_name_and_password_of_an_index_are_not_shown(index: LocalIndex, upstream: Upstream, optics: Publish) -> None:
    optics(("1.0", "2016-01-01"))
    private = Upstream(index.url.replace("//", "//reader:secret@"), upstream._kept)
    (file,) = private.project("optics") or ()
    assert private.address == index.url
    assert "secret" not in file.url
