"""The machine twins of the pages: a publication with its verdicts, and a target with its evidence and artefacts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.urls import reverse

from catalog.artefacts import ArtefactStore
from catalog.models import Publication, Target
from reproduce.models import Run
from reproduce.opening import Opening

TARGET_SCHEMA: Final = "reprise.target/1"
PUBLICATION_SCHEMA: Final = "reprise.publication/1"


def open_store() -> ArtefactStore:
    """Return the store that keeps the evidence of runs."""
    return ArtefactStore(Path(settings.REPRISE_DATA) / "artefacts")


def target_record(
    target: Target, run: Run | None, *, statement: dict[str, Any] | None, opening: Opening
) -> dict[str, Any]:
    """Return the public JSON of a target. `run` is the one that its evidence names."""
    evidence = target.current_evidence
    return {
        "schema": TARGET_SCHEMA,
        "url": settings.REPRISE_URL + target.get_absolute_url(),
        "publication": {"doi": target.publication.doi, "title": target.publication.title},
        "target": {
            "slug": target.slug,
            "label": target.label,
            "kind": target.kind,
            "caption": target.caption,
            "notebook": target.notebook,
            "cells": target.cells,
            "allowed_hosts": target.allowed_hosts,
            "data": target.data,
            "output_files": target.output_files,
            "given_environment": target.given_environment,
        },
        "verdict": evidence.verdict if evidence else None,
        "evidence": evidence.as_dict() if evidence else None,
        "statement": statement,
        "open_in": [{"name": launch.name, "url": launch.url} for launch in opening.launches],
        "artefacts": {
            name: {**kept, "url": settings.REPRISE_URL + reverse("artefact", args=[run.pk, name])}
            for name, kept in run.artefacts.items()
        }
        if run
        else {},
    }


def publication_record(publication: Publication, targets: Iterable[Target]) -> dict[str, Any]:
    """Return the public JSON of a publication, with the verdict of each of `targets`."""
    facility = publication.facility
    return {
        "schema": PUBLICATION_SCHEMA,
        "url": settings.REPRISE_URL + publication.get_absolute_url(),
        "doi": publication.doi,
        "title": publication.title,
        "creators": publication.creators,
        "published_on": publication.published_on.isoformat() if publication.published_on else None,
        "venue": publication.venue,
        "licence": publication.licence,
        "is_demonstration": publication.is_demonstration,
        "facility": {"name": facility.name, "ror": facility.ror} if facility else None,
        "techniques": [{"name": one.name, "panet_id": one.panet_id} for one in publication.techniques.all()],
        "datasets": [{"doi": dataset.doi, "title": dataset.title} for dataset in publication.datasets.all()],
        "repositories": [{"url": one.url, "ref": one.ref} for one in publication.repositories.all()],
        "targets": [
            {
                "slug": target.slug,
                "label": target.label,
                "kind": target.kind,
                "url": settings.REPRISE_URL + target.get_absolute_url(),
                "evidence": target.current_evidence.as_dict() if target.current_evidence else None,
            }
            for target in targets
        ],
    }


def read_statement(run: Run | None) -> dict[str, Any] | None:
    """Return the statement that the run left, or None where it left none. Raises ArtefactError (artefact-missing)."""
    kept = run.artefacts.get("verdict.json") if run else None
    if kept is None:
        return None
    with open_store().open(str(kept["sha256"])) as stream:
        statement: dict[str, Any] = json.load(stream)
    return statement
