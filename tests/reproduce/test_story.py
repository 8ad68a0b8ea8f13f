"""The story of a run: numbered without gaps or doubles, whatever the database does and whoever else writes."""

from __future__ import annotations

import uuid

import pytest
from django.db import OperationalError

from catalog.models import Target
from reproduce.lease import claim_run
from reproduce.models import Run, RunEvent
from reproduce.story import Story


@pytest.fixture
def run(target: Target) -> Run:
    claimed = claim_run(Run.objects.create(target=target, reason=Run.Reason.CLICK).pk)
    assert claimed is not None
    return claimed


def told(run: Run) -> list[tuple[int, str]]:
    return list(RunEvent.objects.filter(run=run).order_by("seq").values_list("seq", "text"))


def test_lines_that_the_database_did_not_take_are_written_later_under_their_numbers(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(run)
    story.tell({"type": "cell-started", "index": 3, "total": 2, "source": "x"})

    def refuse(*_arguments: object, **_words: object) -> None:
        raise OperationalError("the connection is closed")

    with monkeypatch.context() as away:
        away.setattr(RunEvent.objects, "bulk_create", refuse)
        with pytest.raises(OperationalError):
            story.flush()
    story.add("run", "two")
    story.flush()
    assert told(run) == [(1, "Cell 4 (1 of 2): x"), (2, "two")]
    run.refresh_from_db()
    assert run.cells_total == 2


def test_a_cell_is_named_by_its_place_among_all_cells_as_in_causes(run: Run) -> None:
    story = Story(run)
    for index, status in ((2, "done"), (6, "failed")):
        story.tell({"type": "cell-started", "index": index, "total": 3, "source": "x"})
        story.tell({"type": "cell-ended", "index": index, "status": status, "duration_s": 0.5})
    story.flush()
    assert [text for _, text in told(run)] == [
        "Cell 3 (1 of 3): x",
        "Cell 3 done after 0.50 s",
        "Cell 7 (2 of 3): x",
        "Cell 7 failed after 0.50 s",
    ]
    run.refresh_from_db()
    assert (run.cells_done, run.cells_total) == (1, 3)


def test_lines_that_were_committed_although_the_connection_broke_are_not_doubled(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(run)
    story.add("run", "one")
    write = Story._write

    def write_and_break(self: Story, progress: dict[str, int]) -> None:
        write(self, progress)
        raise OperationalError("the connection is closed")

    with monkeypatch.context() as broken:
        broken.setattr(Story, "_write", write_and_break)
        with pytest.raises(OperationalError):
            story.flush()
    story.add("run", "two")
    story.flush()
    assert told(run) == [(1, "one"), (2, "two")]


def test_an_attempt_that_lost_its_claim_tells_nothing_more(run: Run) -> None:
    old = Story(run)
    old.add("run", "old one")
    old.flush()
    old.add("run", "old two")
    Run.objects.filter(pk=run.pk).update(claim=uuid.uuid4())
    new_run = Run.objects.get(pk=run.pk)
    new = Story(new_run)
    old.flush()
    new.add("run", "new two")
    new.flush()
    old.add("run", "old three")
    old.flush()
    assert told(run) == [(1, "old one"), (2, "new two")]


def test_text_that_no_database_takes_is_made_clean(run: Run) -> None:
    story = Story(run)
    story.add("build", "half \ud800 and NUL \x00")
    story.flush()
    assert told(run) == [(1, "half ? and NUL ")]
