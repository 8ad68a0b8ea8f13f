"""The machine twin of a target's page: its evidence, the statement it rests on, and where every artefact is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.urls import reverse

from catalog.artefacts import ArtefactStore
from catalog.models import Target
from reproduce.models import Run

SCHEMA: Final = "reprise.target/1"


def open_store() -> ArtefactStore:
    """Return the store that keeps the evidence of runs."""
    return ArtefactStore(Path(settings.REPRISE_DATA) / "artefacts")


def target_record(target: Target, run: Run | None, *, statement: dict[str, Any] | None) -> dict[str, Any]:
    """Return the public JSON of a target. `run` is the one that its evidence names."""
    evidence = target.current_evidence
    return {
        "schema": SCHEMA,
        "url": settings.REPRISE_URL + target.get_absolute_url(),
        "publication": {"doi": target.publication.doi, "title": target.publication.title},
        "target": {
            "slug": target.slug,
            "label": target.label,
            "kind": target.kind,
            "caption": target.caption,
            "notebook": target.notebook,
            "cells": target.cells,
        },
        "verdict": evidence.verdict if evidence else None,
        "evidence": evidence.as_dict() if evidence else None,
        "statement": statement,
        "artefacts": {
            name: {**kept, "url": settings.REPRISE_URL + reverse("artefact", args=[run.pk, name])}
            for name, kept in run.artefacts.items()
        }
        if run
        else {},
    }


def read_statement(run: Run | None) -> dict[str, Any] | None:
    """Return the statement that the run left, or None where it left none. Raises ArtefactError (artefact-missing)."""
    kept = run.artefacts.get("verdict.json") if run else None
    if kept is None:
        return None
    with open_store().open(str(kept["sha256"])) as stream:
        statement: dict[str, Any] = json.load(stream)
    return statement
