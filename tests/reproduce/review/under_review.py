"""A draft whose author is named wherever one can be: in its texts, notebook, files, logs, causes and environment."""

from __future__ import annotations

import io
import json
from typing import Any, Final

from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image, PngImagePlugin

from builder.models import Snapshot
from catalog.evidence import record
from catalog.models import Publication
from reproduce.models import Run, RunEvent
from tests.evidence import compared, keep, make_environment
from tests.personas import COMMIT, make_publication

DOI: Final = "10.5072/under-review"
# What no answer to a reviewer may hold, in lower case.
TELLING: Final = (
    *(
        "olga",
        "olsson",
        "0000-0002-1825-0097",
        "10.5072",
        "git.example.org",
        "author0/silica",
        "author1/silica",
        COMMIT[:7],
        "o.o.",
    ),
    *("uppsala", "ab-1234", "@example.org", "2020-04-01", "1 april 2020"),
)


def named_picture() -> bytes:
    """Return a PNG that names its author beside its pixels."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Olga Olsson")
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "ivory").save(stream, "PNG", pnginfo=words)
    return stream.getvalue()


def named_notebook() -> bytes:
    """Return a notebook that names its author in text, code, outputs and metadata."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "words", "metadata": {}, "source": "# By Olga Ols&#115;on, Uppsala"},
        {
            "cell_type": "code",
            "id": "draw",
            "metadata": {},
            "execution_count": 1,
            "source": "olsson_fit = 1\nprint('/home/oolsson/silica', olsson_fit)",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "/home/oolsson/silica 1\n"}],
        },
    ]
    metadata = {"authors": [{"name": "Olga Olsson"}], "kernelspec": {"name": "olga", "display_name": "Olga"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}).encode()


def make_under_review(owner: User) -> tuple[Publication, Run]:
    """Create the draft and the run that its first target's verdict rests on."""
    publication = make_publication(owner, doi=DOI, is_published=False)
    publication.abstract = "O. Olsson (olga@example.org, 0000-0002-1825-0097) measured. Grant no. AB-1234 of Uppsala."
    publication.save()
    publication.datasets.create(doi="10.5072/data-of-olsson", title="Raw data of Olsson")
    target = publication.targets.get(slug="figure-1")
    target.caption, target.notebook = "Fit by Olsson", "olsson/figure-1.ipynb"
    target.save()
    snapshot = Snapshot.objects.get(repository__publication=publication)
    environment = make_environment(snapshot, approximations=["olsson-tools 1.0 is not at hand."])
    why = {"id": "outputs-differ", "fault": "author", "message": "Olsson's output differs.", "hint": "", "evidence": ""}
    comparison = compared("differs")
    comparison["cells"][0]["source_line"] = "olsson_fit(q)"
    comparison["cells"][0]["outputs"][0] |= {"state": "differs", "published_text": "Olga", "fresh_text": "O.O. 2"}
    statement = {"source": "https://git.example.org/olga/silica.git", "commit": COMMIT, "by": "Olga Olss\u00f8n"}
    report = b"<h1>Olga Ols&#x73;on</h1><a href='https://doi.org/10.5072/under-review'>x</a>"
    artefacts = {
        **keep("cell-2-0-published.png", named_picture(), "image/png"),
        **keep("cell-2-0-fresh.png", named_picture(), "image/png"),
        **keep("published.ipynb", named_notebook(), "application/x-ipynb+json"),
        **keep("executed.ipynb", named_notebook(), "application/x-ipynb+json"),
        **keep("report.html", report, "text/html"),
        **keep("verdict.json", json.dumps(statement).encode(), "application/json"),
        **keep(
            "build.log",
            f"cloning https://git.example.org/olga/silica.git at {COMMIT[:12]} of 2020-04-01".encode(),
            "text/plain",
        ),
        **keep("files/olsson_fit.csv", b"q,olsson\n1,2\n", "text/plain"),
        **keep("files/olsson.h5", b"\x89HDF Olga Olsson", "application/x-hdf5"),
        **keep("report.pdf", b"%PDF Olga Olsson", "application/pdf"),
    }
    run = Run.objects.create(
        target=target,
        reason=Run.Reason.CLICK,
        requested_by=owner,
        state=Run.State.DONE,
        verdict="differs",
        cause=why,
        comparison=comparison,
        artefacts=artefacts,
        snapshot=snapshot,
        environment=environment,
        started_at=timezone.now(),
        ended_at=timezone.now(),
        run_s=1.0,
        sandbox={"kind": "bwrap"},
    )
    RunEvent.objects.create(
        run=run, seq=1, kind="log", text=f"Fetched {COMMIT} of olga/silica, 1 April 2020, for olga@example.org"
    )
    record(
        target, verdict="differs", cause=why, run=run.pk, commit=COMMIT, is_sandboxed=True, is_approximated=True,
        seen_at=timezone.now(),
    )  # fmt: skip
    return publication, run
