"""What the documentation lists is what there is: settings, commands, addresses, causes, pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from catalog.causes import CATALOGUE
from config.env import Declared
from config.settings import env
from reproduce.api_urls import router
from tests.contracts.project import APPS, ROOT, named_in, read, table_rows

DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))


def test_every_setting_is_documented_and_no_other() -> None:
    assert named_in("docs/settings.md") == {declared.name for declared in env.declared}


@pytest.mark.parametrize("declared", env.declared, ids=lambda declared: declared.name)
def test_a_setting_is_documented_with_its_default_and_meaning(declared: Declared) -> None:
    row = next(row for row in table_rows("docs/settings.md") if row[0] == f"`{declared.name}`")
    default = f"`{declared.default}`" if declared.default else "empty"
    if declared.name == "REPRISE_DATA":  # depends on where the project lies
        default = "`var` beside `manage.py`"
    assert row[1:] == [default, declared.meaning]


def test_a_setting_is_declared_once() -> None:
    names = [declared.name for declared in env.declared]
    assert sorted(set(names)) == sorted(names)


def test_every_command_is_documented() -> None:
    ours = {name for name, app in get_commands().items() if app in APPS}
    documented = set(re.findall(r"manage\.py (\w+)", read("docs/operations.md")))
    assert {"serve", "demo", "reproduce"} <= ours
    assert ours <= documented


def _names(resolver: URLResolver) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern)
        elif pattern.app_name == "admin":
            yield "admin"
        else:
            yield from _names(pattern)


def test_every_address_is_documented_and_no_other() -> None:
    assert named_in("docs/pages-and-urls.md") == set(_names(get_resolver()))


def test_every_cause_is_documented_word_for_word() -> None:
    documented = [row for row in table_rows("docs/causes.md") if row[0].startswith("`")]
    assert documented == [[f"`{kind.id}`", kind.fault, kind.message, kind.hint] for kind in CATALOGUE.values()]


def test_every_filter_and_ordering_of_the_api_is_documented() -> None:
    rows = {row[0].split("`")[1].rstrip("/"): row for row in table_rows("docs/api.md") if row[0].startswith("`")}
    listed = [pattern for pattern in _api_views() if pattern[0] in rows]
    assert len(listed) == 15
    for name, filters, ordering in listed:
        row = " ".join(rows[name])
        assert {f"`{word}`" for word in (*filters, *ordering)} <= set(re.findall(r"`[^`]+`", row)), name


def _api_views() -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    for prefix, view, _ in router.registry:
        filterset = getattr(view, "filterset_class", None)
        filters = tuple(filterset.get_filters()) if filterset else tuple(getattr(view, "filterset_fields", ()))
        yield prefix, filters, tuple(view.ordering_fields)


def test_every_document_is_in_the_index() -> None:
    index = read("docs/README.md")
    assert [path.name for path in DOCUMENTS if path.name != "README.md" and f"({path.name})" not in index] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_inside_the_documentation_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []
