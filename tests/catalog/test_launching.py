"""Addresses that open a notebook elsewhere."""

from __future__ import annotations

import shlex
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from catalog.errors import CatalogError
from catalog.launching import Place, check_template, launch_url, local_commands

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PLACE = Place("https://github.com/owner/note-books.git", COMMIT, "figures/figure 3&4.ipynb", doi="10.5072/silica")
BINDER = "https://hub.example.org/v2/{binder}?labpath={notebook}"
PULLER = "https://jupyter.example.org/hub/user-redirect/git-pull?repo={repository}&branch={ref}&urlpath={lab}"


def test_a_binderhub_gets_the_commit_and_the_notebook() -> None:
    url = launch_url(BINDER, PLACE)
    assert url == f"https://hub.example.org/v2/gh/owner/note-books/{COMMIT}?labpath=figures%2Ffigure%203%264.ipynb"


@pytest.mark.parametrize(
    ("repository", "binder"),
    [
        ("https://gitlab.com/group/sub/name.git", "gl/group%2Fsub%2Fname"),
        ("https://gitlab.esrf.fr/group/name", "git/https%3A%2F%2Fgitlab.esrf.fr%2Fgroup%2Fname"),
        ("https://github.com/owner/name/tree/x", "git/https%3A%2F%2Fgithub.com%2Fowner%2Fname%2Ftree%2Fx"),
    ],
)
def test_a_binderhub_is_told_of_each_host_in_its_own_way(repository: str, binder: str) -> None:
    assert launch_url(BINDER, replace(PLACE, repository=repository)) == (
        f"https://hub.example.org/v2/{binder}/{COMMIT}?labpath=figures%2Ffigure%203%264.ipynb"
    )


def test_a_jupyterhub_pulls_the_branch_that_was_registered() -> None:
    url = launch_url(PULLER, replace(PLACE, ref="v1.0"))
    assert parse_qs(urlsplit(url or "").query) == {
        "repo": [PLACE.repository],
        "branch": ["v1.0"],
        "urlpath": ["lab/tree/note-books/figures/figure 3&4.ipynb"],
    }


def test_a_part_of_the_query_without_a_value_is_left_out() -> None:
    assert "branch" not in (launch_url(PULLER, PLACE) or "")


def test_there_is_no_address_where_its_path_lacks_a_value() -> None:
    assert launch_url(BINDER, replace(PLACE, commit="")) is None


@pytest.mark.parametrize("value", ["../../x?y#z", "a/../b", "%2e%2e", "é 漢", '"><script>'])
def test_no_value_leaves_its_place_in_the_address(value: str) -> None:
    url = launch_url("https://hub.example.org/at/{notebook}/end?doi={doi}", replace(PLACE, notebook=value, doi=value))
    parts = urlsplit(url or "")
    assert parts.hostname == "hub.example.org"
    assert len(parts.path.split("/")) == 4
    assert parse_qs(parts.query)["doi"] == [value]


@pytest.mark.parametrize(
    "template",
    [
        "http://hub.example.org/{binder}",
        "javascript:alert({doi})",
        "https://{doi}/v2",
        "https://user@hub.example.org/{binder}",
        "https://hub.example.org/v2/{binder}?x={unknown}",
        "https://hub.example.org/{binder",
        "https://hub.example.org/always-the-same",
        "https://hub.example.org/{binder} {notebook}",
        "https://hub.example.org/{binder}" + "a" * 1000,
    ],
)
def test_what_is_no_template_is_refused_with_the_reason(template: str) -> None:
    with pytest.raises(CatalogError) as caught:
        check_template(template)
    assert caught.value.kind_id == "launch-template"
    assert "docs/launch-sites.md" in caught.value.cause.hint


def test_a_template_is_kept_without_spaces_around_it() -> None:
    assert check_template(f" {PULLER}\n") == PULLER


def test_no_name_of_a_repository_or_notebook_becomes_a_command() -> None:
    hostile = replace(PLACE, repository="https://example.org/$(id);x", notebook="-x `id` $HOME.ipynb")
    lines = local_commands(hostile, python="3.10.13", lock_url="https://reprise.example.org/r.txt?of=1")
    words = [shlex.split(line) for line in lines]
    assert words[0] == ["git", "clone", "https://example.org/$(id);x", "$(id);x"]
    assert words[2] == ["git", "checkout", COMMIT]
    assert words[3] == ["uv", "venv", "--python", "3.10.13"]
    assert words[4] == ["uv", "pip", "install", "ipykernel", "-r", "https://reprise.example.org/r.txt?of=1"]
    assert words[6][-1] == "./-x `id` $HOME.ipynb"


def test_without_a_lock_the_kernel_alone_is_installed() -> None:
    assert local_commands(PLACE, python="", lock_url="")[4] == "uv pip install ipykernel"
