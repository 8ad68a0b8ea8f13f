"""Targets that asked for the network as such are kept as that."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("catalog", "0002_environments")]
AFTER = [("catalog", "0005_no_network_as_such")]


def migrate(state: list[tuple[str, str]]) -> Any:  # noqa: ANN401 - the models as they were then
    executor = MigrationExecutor(connection)
    executor.migrate(state)
    return MigrationExecutor(connection).loader.project_state(state).apps


@pytest.mark.django_db(transaction=True)
def test_who_asked_for_the_network_asks_on_and_names_no_host_and_the_way_back_is_there() -> None:
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    owner = User.objects.create(username="olga")
    try:
        apps = migrate(BEFORE)
        publication = apps.get_model("catalog", "Publication").objects.create(
            doi="10.5072/m", title="M", owner_id=owner.pk
        )
        repository = apps.get_model("catalog", "Repository").objects.create(
            publication=publication, url="https://x.org/a"
        )
        for slug, needs in (("asks", True), ("does-not", False)):
            apps.get_model("catalog", "Target").objects.create(
                publication=publication,
                repository=repository,
                label=slug,
                slug=slug,
                notebook="a.ipynb",
                needs_network=needs,
            )
        targets = migrate(AFTER).get_model("catalog", "Target").objects.order_by("slug")
        assert list(targets.values_list("slug", "allowed_hosts", "is_host_missing")) == [
            ("asks", [], True),
            ("does-not", [], False),
        ]
        targets.filter(slug="does-not").update(allowed_hosts=["data.example.org"])
        back = migrate(BEFORE).get_model("catalog", "Target").objects.order_by("slug")
        assert list(back.values_list("slug", "needs_network")) == [("asks", True), ("does-not", True)]
    finally:
        MigrationExecutor(connection).migrate(newest)
