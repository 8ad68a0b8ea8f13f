"""As of which date: the commit's, the publication's, today."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from builder.recipe.dates import AsOf, choose_date

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
COMMIT = datetime(2018, 1, 1, tzinfo=UTC)
PUBLISHED = date(2017, 3, 4)
END_OF_PUBLISHED = datetime(2017, 3, 4, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("as_of", "committed_at", "published_on", "moment", "reason"),
    [
        ("publication", COMMIT, PUBLISHED, END_OF_PUBLISHED, "the date of the publication"),
        (
            "publication",
            COMMIT,
            None,
            COMMIT,
            "the date of the commit, because that of the publication is not known",
        ),
        ("publication", None, None, NOW, "today, because the files carry no date"),
        (
            "publication",
            COMMIT,
            date(2030, 1, 1),
            NOW,
            "today, because the publication carries a date in the future",
        ),
        ("publication", COMMIT, NOW.date(), NOW, "the date of the publication"),
        ("commit", COMMIT, PUBLISHED, COMMIT, "the date of the commit"),
        (
            "commit",
            None,
            PUBLISHED,
            END_OF_PUBLISHED,
            "the date of the publication, because the files carry no date",
        ),
        ("today", COMMIT, PUBLISHED, NOW, "today, as asked for"),
    ],
)
def test_the_date_says_why(
    as_of: AsOf, committed_at: datetime | None, published_on: date | None, moment: datetime, reason: str
) -> None:
    chosen = choose_date(as_of, committed_at=committed_at, published_on=published_on, today=NOW)
    assert chosen == (moment, reason)
