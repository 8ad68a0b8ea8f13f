"""A proven verdict on a target: a run with pictures in the store, and the evidence that names it."""

from __future__ import annotations

import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from PIL import Image

from builder.models import Build, Environment, Snapshot
from catalog.evidence import record
from catalog.models import Publication, Target
from reproduce.issuing.issue import issue
from reproduce.models import Certificate, Run, RunEvent
from reproduce.record import open_store

LOCK = """lock-version = "1.0"

[[packages]]
name = "numpy"
version = "1.18.2"
wheels = [{ url = "https://index.example.org/numpy-1.18.2.whl", hashes = { sha256 = "aa" } }]
"""
SEEN: datetime = datetime(2026, 11, 1, 12, tzinfo=UTC)


def picture(colour: str) -> bytes:
    """Return a small PNG of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, "PNG")
    return stream.getvalue()


def notebook(*outputs: dict[str, Any], markdown: str = "# A figure") -> bytes:
    """Return a notebook with one markdown cell and one code cell with `outputs` as its display data."""
    cells = [
        {"cell_type": "markdown", "id": "words", "metadata": {}, "source": markdown},
        {
            "cell_type": "code",
            "id": "draw",
            "metadata": {},
            "execution_count": 1,
            "source": "plot(q, intensity)",
            "outputs": [{"output_type": "display_data", "metadata": {}, "data": data} for data in outputs],
        },
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def keep(name: str, data: bytes, media_type: str) -> dict[str, Any]:
    """Keep `data` in the store and return the entry of a run's artefacts."""
    kept = open_store().put_bytes(data)
    return {name: {"sha256": kept.sha256, "size_bytes": kept.size_bytes, "media_type": media_type}}


def compared(state: str = "within_tolerance") -> dict[str, Any]:
    """Return a comparison with one picture in `state` and one text that is identical."""
    image = {
        "mime": "image/png",
        "state": state,
        "metric": {"name": "region_difference", "value": 0.0123},
        "tolerance": {"image": 0.05},
        "reason": "The same marks, drawn by another release.",
        "rules": [],
        "published": "cell-2-0-published.png",
        "fresh": "cell-2-0-fresh.png",
        "difference": "cell-2-0-difference.png",
        "published_text": None,
        "fresh_text": None,
    }
    text = {**image, "mime": "text/plain", "state": "identical", "metric": None, "tolerance": None, "reason": ""}
    text |= {"published": None, "fresh": None, "difference": None, "published_text": "1.0", "fresh_text": "1.0"}
    return {
        "version": "1",
        "counts": {"identical": 1, state: 1},
        "cells": [
            {"id": "fit", "index": 1, "state": "identical", "source_line": "fit(q)", "outputs": [text]},
            {"id": "draw", "index": 2, "state": state, "source_line": "plot(q, intensity)", "outputs": [image]},
        ],
    }


def make_environment(snapshot: Snapshot, **changes: Any) -> Environment:  # noqa: ANN401 - fields of the model
    """Create an environment with its lock in the store, and the build that made it."""
    lock = open_store().put_bytes(LOCK.encode())
    requirements = [{"text": "numpy>=1.18", "file": "requirements.txt", "approximation": None}]
    recipe = {
        "files": ["requirements.txt"],
        "requirements": requirements,
        "python": "3.6",
        "python_reason": "asked for in runtime.txt",
        "as_of": "2020-04-01T00:00:00+00:00",
        "as_of_reason": "the date of the commit",
        "is_inferred": False,
        "approximations": [],
        "notes": ["The kernel (ipykernel) is not declared."],
    }
    fields: dict[str, Any] = {
        "engine": "local",
        "as_of": datetime(2020, 4, 1, tzinfo=UTC),
        "python": "3.7.9",
        "recipe": recipe,
        "key": "e" * 64,
        "lock_sha256": lock.sha256,
        "packages": [{"name": "ipykernel", "version": "5.2.0"}, {"name": "numpy", "version": "1.18.2"}],
        "approximations": ["Python 3.6 is not at hand; 3.7 is the nearest."],
        "details": {"engine_reason": "Nothing else is asked for.", "uv": {"version": "0.9"}},
        "companion": {"locale": "C.UTF-8", "threads": 1, "fonts": ["DejaVu Sans", "STIX"]},
        "size_bytes": 123_456_789,
        "built_s": 12.5,
    }
    environment = Environment.objects.create(snapshot=snapshot, **{**fields, **changes})
    Build.objects.create(
        snapshot=snapshot,
        environment=environment,
        state=Build.State.SUCCEEDED,
        engine="local",
        stages=[{"stage": "resolve", "seconds": 8.0}, {"stage": "install", "seconds": 4.5}],
        log="Resolving <numpy>",
        ended_at=timezone.now() + timedelta(seconds=12.5),
    )
    return environment


def make_run(target: Target, *, verdict: str = "reproduced", sandbox: str = "bwrap") -> Run:
    """Create a run that is done, with its pictures, notebook, report and statement in the store."""
    artefacts: dict[str, Any] = {
        **keep("cell-2-0-published.png", picture("white"), "image/png"),
        **keep("cell-2-0-fresh.png", picture("ivory"), "image/png"),
        **keep("cell-2-0-difference.png", picture("black"), "image/png"),
        **keep("published.ipynb", notebook({"text/plain": "as published"}), "application/x-ipynb+json"),
        **keep("executed.ipynb", notebook({"text/plain": "done"}), "application/x-ipynb+json"),
        **keep("report.html", b"<!doctype html><title>Report</title>", "text/html"),
        **keep("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        **keep("verdict.json", b'{"schema": "reprise.reproduction/1"}', "application/json"),
    }
    run = Run.objects.create(
        target=target,
        reason=Run.Reason.CLICK,
        state=Run.State.DONE,
        verdict=verdict,
        ended_at=SEEN,
        run_s=4.2,
        sandbox={"kind": sandbox},
        comparison=compared(),
        artefacts=artefacts,
        snapshot=target.repository.snapshots.first(),
    )
    RunEvent.objects.create(run=run, seq=1, kind="run", text="The kernel <b>is</b> ready.")
    return run


def prove(
    target: Target, *, verdict: str = "reproduced", sandbox: str = "bwrap", cause: dict[str, str] | None = None
) -> Run:
    """Create such a run and put its verdict on the target's record."""
    run = make_run(target, verdict=verdict, sandbox=sandbox)
    put_on_record(target, run.pk, verdict=verdict, is_sandboxed=sandbox != "none", cause=cause)
    return run


def certify(target: Target) -> Certificate:
    """Issue a certificate of the target, as when its paper was published; it is what it was afterwards."""
    publication = Publication.objects.filter(pk=target.publication_id)
    state = publication.get().state
    publication.update(state=Publication.State.PUBLISHED)
    issued = issue(prove(target).pk)
    publication.update(state=state)
    assert issued is not None
    return issued


def put_on_record(
    target: Target, run: uuid.UUID, *, verdict: str, is_sandboxed: bool, cause: dict[str, str] | None = None
) -> None:
    """Make `verdict` the target's evidence."""
    record(
        target,
        verdict=verdict,
        cause=cause,
        run=run,
        commit="0" * 40,
        is_sandboxed=is_sandboxed,
        is_approximated=False,
        seen_at=SEEN,
    )
