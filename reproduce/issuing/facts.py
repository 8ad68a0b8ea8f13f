"""From a run on record to what its certificate says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings

from catalog.models import AsOf, Target
from reproduce.certificates.credential import Subject, as_text, named_values
from reproduce.certificates.ladder import Climb, Digest, TodayRun, climb, compared_outputs
from reproduce.certificates.moments import written_moment
from reproduce.models import Run
from reproduce.record import open_store
from reproduce.verdicts import GOOD

_FROZEN: Final = frozenset({AsOf.COMMIT, AsOf.PUBLICATION})
_LATEST: Final = 5


def subject_of(run: Run) -> Subject:
    """Return the subject of the certificate of a run that is on record. Raises ArtefactError where evidence is gone."""
    target, publication = run.target, run.target.publication
    parts = {
        "publication": {
            "id": f"https://doi.org/{publication.doi}",
            "type": "Publication",
            "doi": publication.doi,
            "name": as_text(publication.title),
            "isDemonstration": publication.is_demonstration,
        },
        "target": _target(target),
        "source": _source(run),
        "environment": _environment(run),
        "data": [_data(one) for one in run.data],
        "parameters": named_values(_parameters(run)),
        "confinement": {
            "kind": str(run.sandbox.get("kind", "none")),
            "isSandboxed": run.is_sandboxed,
            "details": named_values({name: value for name, value in run.sandbox.items() if name != "kind"}),
        },
        "run": _run(run),
        "cause": _cause(run.cause),
        "comparator": _comparator(run.comparison),
    }
    return Subject(
        id=settings.REPRISE_URL + target.get_absolute_url(),
        name=as_text(f"{target.label} of {publication.title}"),
        verdict=str(run.verdict),
        facts={name: value for name, value in parts.items() if value is not None},
        ladder=climb(_climb(run)),
        comparison=run.comparison,
        artefacts=run.artefacts,
    )


def _climb(run: Run) -> Climb:
    assert run.ended_at is not None  # noqa: S101 - a run on record has ended
    environment = run.environment
    return Climb(
        verdict=str(run.verdict),
        registered_at=run.target.publication.created_at,
        ended_at=run.ended_at,
        swhid=run.snapshot.swhid if run.snapshot else "",
        cells=run.target.cells,
        comparison=run.comparison,
        artefacts=run.artefacts,
        built_at=environment.created_at if environment else None,
        lock_sha256=environment.lock_sha256 if environment else "",
        today=_today(run),
    )


def _today(run: Run) -> TodayRun | None:
    """Return the newest good run as of today that was held to the same; the run itself must be in a frozen one."""
    is_frozen = run.build is not None and run.build.as_of_choice in _FROZEN and not run.build.given
    if not is_frozen or run.comparison is None:
        return None
    others = Run.objects.filter(
        target=run.target_id, snapshot=run.snapshot_id, as_of=AsOf.TODAY, verdict__in=GOOD, comparison__isnull=False
    )
    for other in others.select_related("environment").order_by("-ended_at")[:_LATEST]:
        if other.ended_at and other.environment and _held_to(other.comparison) == _held_to(run.comparison):
            digests = [Digest("pylock.toml", other.environment.lock_sha256)]
            if "verdict.json" in other.artefacts:
                digests.append(Digest("verdict.json", str(other.artefacts["verdict.json"]["sha256"])))
            return TodayRun(other.ended_at, tuple(digests))
    return None


def _held_to(comparison: Mapping[str, Any] | None) -> list[tuple[object, ...]]:
    return compared_outputs(comparison or {})


def _target(target: Target) -> dict[str, Any]:
    return {
        "label": as_text(target.label),
        "kind": target.kind,
        "notebook": as_text(target.notebook),
        "cells": [as_text(cell) for cell in target.cells],
        "relativeTolerance": "to the printed precision" if target.rtol is None else repr(target.rtol),
        "absoluteTolerance": repr(target.atol),
        "outputFiles": [as_text(path) for path in target.output_files],
    }


def _source(run: Run) -> dict[str, Any]:
    found = {"repository": as_text(str(run.target.repository))}
    if run.snapshot and run.snapshot.commit:
        found["commit"] = run.snapshot.commit
    if run.snapshot and run.snapshot.swhid:
        found["swhid"] = run.snapshot.swhid
    return found


def _environment(run: Run) -> dict[str, Any] | None:
    environment = run.environment
    if environment is None:
        return None
    return {
        "lockSha256": environment.lock_sha256,
        "key": environment.key,
        "engine": environment.engine,
        "python": environment.python,
        "asOf": written_moment(environment.as_of),
        "asOfChoice": environment.as_of_choice,
        "approximations": [as_text(sentence) for sentence in environment.approximations],
        **({"given": run.build.given} if run.build and run.build.given else {}),
    }


def _data(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dataset": as_text(shown["dataset"]),
        "shownAt": as_text(shown["at"]),
        "manifestSha256": str(shown["manifest_sha256"]),
        "fileCount": int(shown["files"]),
        "byteCount": int(shown["bytes"]),
        "checked": named_values(shown["checked"]),
    }


def _parameters(run: Run) -> dict[str, Any]:
    """Return what was set from outside, as the run's statement says; the target's own where it left no statement."""
    kept = run.artefacts.get("verdict.json")
    if kept is not None:
        with open_store().open(str(kept["sha256"])) as stream:
            notebooks = json.load(stream).get("notebooks", ())
        found: dict[str, Any] = {}
        for notebook in notebooks:
            found |= notebook.get("parameters") or {}
        if found:
            return found
    return dict(run.target.parameters)


def _run(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = {"id": settings.REPRISE_URL + run.get_absolute_url(), "reason": run.reason}
    for name, at in (("startedAt", run.started_at), ("endedAt", run.ended_at)):
        if at is not None:
            found[name] = written_moment(at)
    return found


def _cause(why: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {"causeId": why["id"], "fault": why["fault"], "reason": as_text(why["message"])} if why else None


def _comparator(comparison: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {"name": "reprise", "version": str(comparison["version"])} if comparison else None
