"""The end of a run: its evidence kept, its verdict on the record of its target, or its way back into the queue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from builder.prepare import Prepared
from catalog.artefacts import ArtefactError
from catalog.causes import Cause, cause
from catalog.clock import database_now
from catalog.evidence import record
from catalog.models import Repository, Target
from reproduce.insist import insist
from reproduce.keep import keep_evidence, keep_remains, keep_repair
from reproduce.lease import update_claimed
from reproduce.models import Run
from reproduce.network_words import shortened
from reproduce.refusal import may_pass
from reproduce.repair.repairing import Repair
from reproduce.reproduction import Reproduction
from reproduce.runner.job import Result
from reproduce.stability import repetitions_of
from reproduce.story import Story
from reproduce.verdicts import Verdict

log = structlog.get_logger(__name__)


def conclude(run: Run, prepared: Prepared, reproduction: Reproduction) -> None:
    """Keep the evidence of a run that was judged, and end it with its verdict."""
    result = reproduction.result
    run.sandbox, run.machine, run.run_s = result.sandbox, result.machine, result.run_s
    run.variables = result.variables
    run.verdict = reproduction.verdict
    run.cause = reproduction.cause.as_dict() if reproduction.cause else None
    run.cells_total, run.cells_done = result.cells_total, result.cells_done
    run.ended_at = timezone.now()
    comparison, artefacts = keep_evidence(run, prepared, reproduction)
    _end(
        run,
        reproduction.verdict,
        reproduction.cause,
        **_told_by(result),
        comparison=comparison,
        artefacts=artefacts,
        data=result.data,
        written=result.written,
        repetitions=repetitions_of(run.target, reproduction),
    )


def conclude_repair(run: Run, reproduction: Reproduction, repair: Repair | None) -> None:
    """End a run that tried a repair: as the notebook ended with it, and with its patch; else as it ended without.

    The environment in which a repair worked is on no record, so the run names none then.
    """
    ended = repair.reproduction if repair else reproduction
    result = ended.result
    artefacts = keep_repair(run, ended, repair.patch if repair else "")
    environment = {"environment": None} if repair else {}
    _end(
        run,
        ended.verdict,
        ended.cause,
        **_told_by(result),
        artefacts=artefacts,
        **environment,
    )


def _told_by(result: Result) -> dict[str, Any]:
    """Return what the runner told of itself, by the fields of the run."""
    return {
        "run_s": result.run_s,
        "cells_total": result.cells_total,
        "cells_done": result.cells_done,
        "sandbox": result.sandbox,
        "machine": result.machine,
        "variables": result.variables,
        "network": shortened(result.network),
    }


def end_short(run: Run, story: Story, bundle: Path, verdict: Verdict | None, why: Cause) -> None:
    """End a run that was not compared, with what evidence there is; or let it wait again where the fault was ours."""
    if verdict is None and starts_again(run, story, why):
        return
    insist(story.flush)
    try:
        artefacts = keep_remains(run, bundle)
    except (ArtefactError, OSError) as error:
        # The end is told all the same; without its evidence it is no verdict on the work.
        log.warning("evidence-not-kept", run=str(run.pk), error=str(error))
        artefacts, verdict = {}, None
        why = error.cause if isinstance(error, ArtefactError) else cause("internal-error", reason=type(error).__name__)
    _end(run, verdict, why, artefacts=artefacts)


def starts_again(run: Run, story: Story, why: Cause) -> bool:
    """Let the run wait for the next sweep when a fault of ours may pass and it has attempts left; tell whether so."""
    if not may_pass(why) or run.attempts >= settings.REPRISE_RUN_ATTEMPTS:
        return False
    story.add("run", f"{why.message} The run is started again.")
    insist(story.flush)
    update_claimed(run, state=Run.State.QUEUED, claim=None, lease_until=None, woken_at=None)
    return True


def _end(run: Run, verdict: Verdict | None, why: Cause | None, **fields: object) -> None:
    """Write the end of the run, and put a proven verdict on the record of its target."""
    # Whatever becomes of a derived analysis says nothing of the work.
    proven = None if run.is_derived else verdict
    insist(lambda: _end_at_once(run, proven, why, fields))


def _end_at_once(run: Run, verdict: Verdict | None, why: Cause | None, fields: dict[str, object]) -> None:
    """Write all of the end or nothing. Done twice, the second time finds no claim and changes nothing."""
    # Both or neither: a worker that dies between the two would leave a verdict that is on no record.
    with transaction.atomic():
        now = database_now()
        ended = update_claimed(
            run,
            state=Run.State.DONE,
            verdict=verdict,
            cause=why.as_dict() if why else None,
            ended_at=now,
            claim=None,
            lease_until=None,
            **fields,
        )
        if ended and verdict is not None and _is_of_record(run):
            record(
                run.target,
                verdict=verdict,
                cause=why.as_dict() if why else None,
                run=run.pk,
                commit=run.snapshot.commit if run.snapshot else "",
                is_sandboxed=run.is_sandboxed,
                is_approximated=bool(run.environment and run.environment.approximations),
                seen_at=now,
            )


def _is_of_record(run: Run) -> bool:
    """Tell whether the run counts: in the environment and as of the date that the author wants, then and now."""
    if run.is_what_if:
        return False
    if run.build is None:
        return True
    as_of = Repository.objects.values_list("as_of", flat=True).get(pk=run.target.repository_id)
    given = Target.objects.values_list("given_environment", flat=True).get(pk=run.target_id)
    return (run.build.as_of_choice, run.build.given) == (as_of, given)
