"""What the live page and its stream show of a run. One function serves both, so that they never disagree."""

from __future__ import annotations

from typing import Any, Final

from builder.estimate import estimate_build
from builder.models import Snapshot
from builder.stages import stage_rows
from catalog.models import Viewer
from reproduce.access import may_cancel
from reproduce.data_rows import data_rows, file_rows
from reproduce.models import Run, RunEvent
from reproduce.presentation import figure_pairs

MOST_LINES: Final = 400


def progress_of(run: Run, viewer: Viewer) -> dict[str, Any]:
    """Return the template context of a run's state, figures and last lines."""
    build = run.build
    choice = run.as_of or run.target.repository.as_of
    is_making = run.state in (Run.State.QUEUED, Run.State.PREPARING)
    snapshot = run.snapshot or Snapshot.objects.filter(repository=run.target.repository_id, state="ready").first()
    lines = list(RunEvent.objects.filter(run=run).order_by("-seq")[:MOST_LINES])[::-1]
    return {
        "run": run,
        "target": run.target,
        "publication": run.target.publication,
        "lines": lines,
        "is_cut": bool(lines) and lines[0].seq > 1,
        "data_rows": data_rows(run.data),
        "file_rows": file_rows(run.comparison),
        "pairs": figure_pairs(run.comparison, run.target.cells)[:1],
        "can_cancel": run.is_active and run.cancel_requested_at is None and may_cancel(run, viewer),
        "steps": steps_of(run),
        "build": build,
        "stages": stage_rows(build) if build else (),
        "estimate": estimate_build(snapshot, choice) if is_making else None,
    }


def steps_of(run: Run) -> tuple[tuple[str, str], ...]:
    """Return the four steps of a run, each with "done", "current", "ahead", or "stopped" where it ended short."""
    order = [Run.State.QUEUED, Run.State.PREPARING, Run.State.RUNNING, Run.State.COMPARING]
    words = ("Wait", "Prepare", "Run", "Compare")
    states = [state.value for state in order]
    if run.state == Run.State.DONE:
        reached = len(order) if run.comparison is not None else 2 if run.run_s is not None else 1
    elif run.state in states:
        reached = states.index(run.state)
    else:
        reached = -1
    here = "current" if run.is_active else "stopped"
    marks = ["done" if at < reached else here if at == reached else "ahead" for at in range(len(order))]
    return tuple(zip(words, marks, strict=True))
