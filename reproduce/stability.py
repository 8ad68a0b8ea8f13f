"""What is known of how stable a target's notebook is in an environment, and whether a run has to find out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from catalog.models import Target
from reproduce.judging import Reproduction
from reproduce.models import Run
from reproduce.repetition import Repetition


def repetition_for(run: Run, snapshot: Path) -> Repetition:
    """Return how often the notebook of a run is to be run.

    As often as the setting says where nothing is known of its stability in this environment, or where it was unstable
    the last time; any other run is repeated only where it differs.
    """
    content = (snapshot / run.target.notebook).read_bytes()
    subject = _subject(run.target, hashlib.sha256(content).hexdigest())
    earlier = Run.objects.filter(target=run.target_id, environment=run.environment_id, state=Run.State.DONE)
    repeated = earlier.exclude(repetitions={}).order_by("-ended_at").values_list("repetitions", "comparison")
    known = next((row for row in repeated if row[0].get("subject") == subject), None)
    return Repetition(settings.REPRISE_REPETITIONS, is_always=known is None or not is_stable(*known))


def is_stable(repetitions: Mapping[str, Any], comparison: Mapping[str, Any] | None) -> bool:
    """Tell whether a repeated run came out the same each time: every run to its end, and no output unstable."""
    if any(end["status"] != "completed" for end in repetitions.get("runs", ())):
        return False
    files = (comparison or {}).get("files", ())
    return not (comparison or {}).get("counts", {}).get("unstable") and all(
        file.get("state") != "unstable" for file in files
    )


def repetitions_of(target: Target, reproduction: Reproduction) -> dict[str, Any]:
    """Return what is kept of a run whose notebook was run more than once; nothing of any other."""
    if not reproduction.again:
        return {}
    return {
        "subject": _subject(target, reproduction.result.digests.get("notebook", "")),
        "runs": reproduction.runs,
    }


def _subject(target: Target, notebook_sha256: str) -> str:
    """Return the digest of what was repeated: the notebook and what of it the target names."""
    named = json.dumps([notebook_sha256, target.notebook, target.cells, target.output_files], sort_keys=True)
    return hashlib.sha256(named.encode()).hexdigest()
