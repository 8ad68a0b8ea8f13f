"""The demonstration catalogue: our own publications under the test prefix, and the real ones the project began with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from builder.fetch import ready_snapshot
from builder.sources import OWN_SCHEME, own_repository_path
from catalog.analysis_templates import offer_as_template, read_endings
from catalog.described import InstrumentDraft, instruments_drafted
from catalog.expose import expose_publication
from catalog.identifiers import target_slug
from catalog.models import AnalysisTemplate, Dataset, Facility, Publication, Repository, Target, Technique
from catalog.roles import CURATOR, grant
from catalog.search_index import index_stale
from reproduce.models import DataLocation
from reproduce.real_papers import REAL_PAPERS, RealPaper

CATALOGUE: Final = Path("fixtures") / "demo" / "catalogue.json"
NO_VERDICT: Final = "no verdict"
CURATOR_NAME: Final = "demonstration-curator"
_IDENTITY: Final = {
    "GIT_AUTHOR_NAME": "Reprise demonstration",
    "GIT_AUTHOR_EMAIL": "demonstration@example.org",
    "GIT_COMMITTER_NAME": "Reprise demonstration",
    "GIT_COMMITTER_EMAIL": "demonstration@example.org",
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a demonstration target is made to show, so that a run of it can be checked; NO_VERDICT is one of them."""

    target: Target
    verdict: str
    cause_id: str | None


def load_demonstration() -> list[Expectation]:
    """Create or complete the demonstration catalogue; return what its targets are made to show, in its order.

    Safe to repeat: what is there stays as it is, evidence included, unless the shipped repository has changed.
    """
    catalogue = json.loads((Path(settings.BASE_DIR) / CATALOGUE).read_text(encoding="utf-8"))
    curator = _curator()
    expectations: list[Expectation] = []
    for entry in catalogue["publications"]:
        commit = make_own_repository(entry["repository"], committed_at=entry["commit_date"])
        with transaction.atomic():
            repository = _publication(entry, commit, curator)
            expectations.extend(_targets(entry, repository))
        ready_snapshot(repository)
        expose_publication(repository.publication)
    for paper in REAL_PAPERS:
        _draft(paper, curator)
    index_stale()
    return expectations


def demonstration_data() -> Path:
    """Return the directory below which the data of the demonstration lie, each beside its repository's files."""
    return (Path(settings.BASE_DIR) / CATALOGUE.parent).resolve()


def make_own_repository(name: str, *, committed_at: str) -> str:
    """Lay a shipped demonstration out as the git repository its author would have published; return its commit.

    The commit is the same on every machine: author, dates and content are fixed.
    """
    path = own_repository_path(name)
    source = Path(settings.BASE_DIR) / CATALOGUE.parent / name
    draft = path.with_name(f".{name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__"))
    for file in draft.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)
    dates = {"GIT_AUTHOR_DATE": committed_at, "GIT_COMMITTER_DATE": committed_at}
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("-c", "core.autocrlf=false", "add", "--force", "--all"),
        ("-c", "commit.gpgsign=false", "commit", "--quiet", "--message=As published"),
    ):
        _git(draft, arguments, {**_IDENTITY, **dates})
    commit = _git(draft, ("rev-parse", "HEAD"), {})
    if path.exists() and _git(path, ("rev-parse", "HEAD"), {}) == commit:
        shutil.rmtree(draft)
    else:
        shutil.rmtree(path, ignore_errors=True)
        draft.rename(path)
    return commit


def _git(folder: Path, arguments: tuple[str, ...], variables: dict[str, str]) -> str:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ("git", "-C", str(folder), *arguments), env=environment | variables, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _curator() -> User:
    curator, is_new = User.objects.get_or_create(username=CURATOR_NAME)
    if is_new:
        curator.set_unusable_password()
        curator.save()
    grant(curator, CURATOR)
    return curator


def _publication(entry: dict[str, Any], commit: str, curator: User) -> Repository:
    facility, _ = Facility.objects.get_or_create(
        slug=entry["facility"]["slug"],
        defaults={"name": entry["facility"]["name"], "ror": entry["facility"].get("ror") or ""},
    )
    described = {
        "creators": entry["creators"],
        "published_on": date.fromisoformat(entry["published"]),
        "licence": entry["licence"],
        "language": entry["language"],
        "funding": entry["funding"],
        "subjects": [{"text": word} for word in entry["subjects"]],
        "facility": facility,
    }
    publication, _ = Publication.objects.update_or_create(
        doi=entry["doi"],
        defaults={
            **described,
            "title": entry["title"],
            "type": entry["type"],
            "venue": entry["venue"],
            "abstract": entry["abstract"],
            "origin": Publication.Origin.DEMONSTRATION,
            "is_demonstration": True,
            "owner": curator,
        },
    )
    Publication.objects.filter(pk=publication.pk, state=Publication.State.DRAFT).update(
        state=Publication.State.PUBLISHED, state_changed_at=timezone.now()
    )
    techniques = [_technique(one) for one in entry["techniques"]]
    instruments = instruments_drafted([InstrumentDraft(name) for name in entry["instruments"]], facility)
    publication.techniques.set(techniques)
    publication.instruments.set(instruments)
    for data in [*entry["datasets"], *entry.get("further_datasets", ())]:
        files = [{"path": f["path"], "size_bytes": f["size"], "sha256": f["sha256"]} for f in data["files"]]
        told = {"title": data["title"], "description": data["description"], "files": files}
        told |= {"publisher": entry["creators"][0]["name"], "version": "1", "access": Dataset.Access.OPEN}
        dataset, _ = Dataset.objects.update_or_create(doi=data["doi"], defaults={**described, **told})
        dataset.techniques.set(techniques)
        dataset.instruments.set(instruments)
        publication.datasets.add(dataset)
        place = str(demonstration_data() / data.get("folder", entry["repository"]))
        DataLocation.objects.update_or_create(dataset=dataset.doi, facility=None, defaults={"path": place})
    repository, _ = Repository.objects.update_or_create(
        publication=publication,
        url=f"{OWN_SCHEME}{entry['repository']}",
        defaults={"is_own": True, "ref": commit},
    )
    return repository


def _technique(term: dict[str, str]) -> Technique:
    """Return the technique of PaNET; an installation into which it was not loaded knows it by id and name."""
    technique, _ = Technique.objects.get_or_create(panet_id=term["id"], defaults={"name": term["label"]})
    return technique


def _targets(entry: dict[str, Any], repository: Repository) -> list[Expectation]:
    expectations = []
    for position, row in enumerate(entry["targets"]):
        target, _ = Target.objects.update_or_create(
            publication=repository.publication,
            slug=target_slug(row["label"]),
            defaults={
                "repository": repository,
                "kind": row["kind"],
                "label": row["label"],
                "caption": row["caption"],
                "notebook": row["notebook"],
                "cells": row.get("cells", []),
                "rtol": row.get("rtol"),
                "atol": row.get("atol", 0.0),
                "state": Target.State.CONFIRMED,
                "position": position,
            },
        )
        target.datasets.set(Dataset.objects.filter(doi__in=[data["doi"] for data in entry["datasets"]]))
        if "template_endings" in row and not AnalysisTemplate.objects.filter(target=target).exists():
            techniques = list(repository.publication.techniques.all())
            offer_as_template(target, techniques=techniques, endings=read_endings(row["template_endings"]))
        expectations.append(Expectation(target, row["expected_verdict"] or NO_VERDICT, row.get("expected_cause")))
    return expectations


def _draft(paper: RealPaper, curator: User) -> None:
    """Register a real paper as a private draft. It gets a verdict only from running its own notebooks."""
    publication, is_new = Publication.objects.get_or_create(
        doi=paper.doi,
        defaults={
            "title": paper.title,
            "creators": [{"name": name} for name in paper.creators],
            "origin": Publication.Origin.MANUAL,
            "owner": curator,
        },
    )
    if is_new:
        Repository.objects.create(publication=publication, url=paper.repository_url)
        for doi in paper.dataset_dois:
            dataset, _ = Dataset.objects.get_or_create(doi=doi, defaults={"title": doi})
            publication.datasets.add(dataset)
