"""Techniques that were typed twice become one before the database holds a term once, and identifiers become such."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("catalog", "0019_review_links")]
AFTER = [("catalog", "0020_techniques_once_per_term")]


def migrate(state: list[tuple[str, str]]) -> Any:  # noqa: ANN401 - the models as they were then
    executor = MigrationExecutor(connection)
    executor.migrate(state)
    return MigrationExecutor(connection).loader.project_state(state).apps


@pytest.mark.django_db(transaction=True)
def test_what_was_typed_twice_becomes_one_and_keeps_what_names_it() -> None:
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    owner = User.objects.create(username="olga")
    try:
        apps = migrate(BEFORE)
        techniques = apps.get_model("catalog", "Technique").objects
        first = techniques.create(name="SANS", panet_id="PaNET01189")
        second = techniques.create(name="small angle", panet_id="01189")
        techniques.create(name="tasting", panet_id="none")
        apps.get_model("catalog", "Facility").objects.create(name="A", slug="a", ror="ror.org/01ZY2CS03")
        apps.get_model("catalog", "Facility").objects.create(name="B", slug="b", ror="https://example.org")
        for doi, technique in (("10.5072/m", first), ("10.5072/n", second)):
            publication = apps.get_model("catalog", "Publication").objects.create(doi=doi, title="M", owner_id=owner.pk)
            publication.techniques.add(technique)
        apps = migrate(AFTER)
        kept = apps.get_model("catalog", "Technique").objects.order_by("name")
        assert list(kept.values_list("name", "panet_id")) == [("SANS", "PaNET01189"), ("tasting", "")]
        assert kept[0].publications.count() == 2
        facilities = apps.get_model("catalog", "Facility").objects.order_by("slug")
        assert list(facilities.values_list("ror", flat=True)) == ["https://ror.org/01zy2cs03", ""]
    finally:
        MigrationExecutor(connection).migrate(newest)
