"""Pages of facilities: which analyses still come out, as the visitor may know."""

from __future__ import annotations

import pytest
from django.test import Client

from catalog.models import Publication
from reproduce.facility_views import DOTS, Share
from reproduce.models import Run
from tests.evidence import prove


def test_a_facility_shows_each_target_with_its_verdict_and_when_it_was_seen(
    publication: Publication, anonymous: Client
) -> None:
    prove(publication.targets.get(slug="figure-1"))
    prove(publication.targets.get(slug="figure-2"), verdict="failed")
    page = anonymous.get("/facilities/example-source").content.decode()
    assert "1 Nov 2026" in page
    assert "<strong>50 %</strong>" in page
    assert "1 of 2 with a verdict came out" in page
    assert "Figure 3" not in page


def test_a_facility_shows_the_last_runs_and_no_more(publication: Publication, anonymous: Client) -> None:
    target = publication.targets.get(slug="figure-1")
    for _ in range(DOTS + 3):
        Run.objects.create(target=target, reason=Run.Reason.WATCH, state="done", verdict="identical")
    assert anonymous.get("/facilities/example-source").content.decode().count('<a class="ok"') == DOTS


def test_a_draft_counts_for_nobody_else(draft: Publication, anonymous: Client, owner: Client) -> None:
    prove(draft.targets.get(slug="figure-1"))
    assert b"Nothing of this facility is registered yet." in anonymous.get("/facilities/example-source").content
    assert b"no verdicts yet" in anonymous.get("/facilities").content
    assert b"<strong>100 %</strong>" in owner.get("/facilities").content


def test_a_facility_that_is_none_is_not_found(anonymous: Client) -> None:
    assert anonymous.get("/facilities/nowhere").status_code == 404


@pytest.mark.parametrize(("good", "proven", "percent"), [(0, 0, None), (0, 3, 0), (2, 3, 67), (3, 3, 100)])
def test_a_share_is_of_what_was_proven(good: int, proven: int, percent: int | None) -> None:
    assert Share(good, proven, 9).percent == percent
