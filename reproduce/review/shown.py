"""What a reviewer sees of a publication. Every word goes through the veil; what is not here is never shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from builder.environment_facts import read_download
from builder.models import Environment, Snapshot
from catalog.models import Publication, ReviewLink, Target
from catalog.review_links import mask_of
from reproduce.models import Run, RunEvent
from reproduce.presentation import cell_rows, figure_pairs, tone_of_run, word_of_run
from reproduce.progress import steps_of
from reproduce.record import open_store
from reproduce.review.veil import Veil, can_give
from reproduce.run_crate import PUBLISHED, has_crate

MOST_LINES: Final = 400
MOST_FILES: Final = 200
ENVIRONMENT_FILES: Final = {"requirements.txt": "text/plain", "pylock.toml": "application/toml"}
# What the machine says, and what cannot be masked file by file.
NEVER: Final = ("report.pdf", "repair.patch", "scheduler.json", "modules.json")


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file of a run: the name that the reviewer reads, and what is kept under it."""

    name: str
    sha256: str
    media_type: str

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")


def veil_of(publication: Publication, further: list[str], *, is_recording: bool = False) -> Veil:
    """Return the veil over a publication."""
    snapshots = Snapshot.objects.filter(repository__publication=publication)
    names = {name for pair in snapshots.values_list("commit", "swhid") for name in pair if name}
    committed = [at for at in snapshots.values_list("committed_at", flat=True) if at is not None]
    mask = mask_of(publication, commits=sorted(names), committed=sorted(set(committed)), further=further)
    return Veil(mask, [] if is_recording else None)


def targets_of(publication: Publication) -> list[Target]:
    """Return the targets that are under review: the confirmed ones."""
    confirmed = publication.targets.filter(state=Target.State.CONFIRMED)
    return list(confirmed.select_related("evidence", "repository", "publication"))


def runs_of(target: Target, link: ReviewLink | None) -> list[Run]:
    """Return the run that the target's verdict rests on, else its last, and those asked for since the link is there."""
    # What was run on other data is for those who may see these.
    of_target = Run.objects.filter(target=target, is_repair=False, dataset=None)
    runs = of_target.select_related("environment", "target__publication")
    evidence = target.current_evidence
    of_record = runs.filter(pk=evidence.run) if evidence else runs.filter(state=Run.State.DONE)
    shown = list(of_record.order_by("-requested_at")[:1])
    since = runs.filter(requested_at__gte=link.created_at) if link else runs.none()
    return [*since.exclude(pk__in=[run.pk for run in shown]).order_by("-requested_at")[:20], *shown]


def publication_shown(veil: Veil, publication: Publication) -> dict[str, Any]:
    """Return the words of the first page."""
    return {
        "title": veil.say("title", publication.title),
        "abstract": veil.say("abstract", publication.abstract),
        "targets": [target_words(veil, target) for target in targets_of(publication)],
    }


def target_words(veil: Veil, target: Target) -> dict[str, Any]:
    """Return what is said of a target."""
    evidence = target.current_evidence
    place = f"target {target.label}"
    return {
        "slug": veil.mask.text(target.slug),
        "label": veil.say(place, target.label),
        "caption": veil.say(f"{place}, caption", target.caption),
        "notebook": veil.say(f"{place}, path of the notebook", target.notebook),
        "kind": target.kind,
        "verdict": evidence.verdict if evidence else None,
        "cause": _cause(veil, f"{place}, cause", evidence.cause if evidence else None),
    }


def target_of(veil: Veil, publication: Publication, slug: str) -> Target | None:
    """Return the target whose masked slug this is."""
    return next((target for target in targets_of(publication) if veil.mask.text(target.slug) == slug), None)


def run_shown(veil: Veil, run: Run) -> dict[str, Any]:
    """Return the words of a run: how far it is, what came out, its log, its files."""
    place = f"run of {run.target.label}"
    names = {name: file.name for name, file in files_of(veil, run).items()}
    events = list(RunEvent.objects.filter(run=run).order_by("-seq")[:MOST_LINES])[::-1]
    return {
        "id": run.pk,
        "state": run.get_state_display(),
        "is_active": run.is_active,
        "at": run.requested_at,
        "tone": tone_of_run(run.state, run.verdict),
        "word": word_of_run(run.state, run.verdict),
        "verdict": run.verdict,
        "took_s": run.run_s,
        "steps": steps_of(run),
        "cells": (run.cells_done, run.cells_total),
        "cause": _cause(veil, f"{place}, cause", run.cause),
        "lines": [veil.say(f"{place}, log", event.text) for event in events],
        "pairs": [
            (
                names.get(str(pair.published)),
                names.get(str(pair.fresh)),
                pair.state,
                veil.say(f"{place}, figure", pair.reason),
            )
            for pair in figure_pairs(run.comparison, run.target.cells)
        ],
        "rows": _rows(veil, place, run.comparison),
        "files": [file for name, file in files_of(veil, run).items() if not name.startswith(("cell-", "figures/"))],
        "has_notebook": "executed.ipynb" in run.artefacts,
        "has_crate": has_crate(run) and PUBLISHED in names,
        "environment": environment_shown(veil, run.environment),
    }


def _rows(veil: Veil, place: str, comparison: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return [
        {
            "number": row.number,
            "state": row.state,
            "source_line": veil.say(f"{place}, code", row.source_line),
            "notes": [veil.say(f"{place}, note", note) for note in row.notes],
            "outputs": [
                {
                    "mime": output.mime,
                    "state": output.state,
                    "metric": output.metric,
                    "reason": veil.say(f"{place}, comparison", output.reason),
                    "has_texts": output.has_texts,
                    "published_text": veil.say(f"{place}, output", output.published_text) if output.has_texts else "",
                    "fresh_text": veil.say(f"{place}, output", output.fresh_text) if output.has_texts else "",
                }
                for output in row.outputs
            ],
        }
        for row in cell_rows(comparison)
    ]


def environment_shown(veil: Veil, environment: Environment | None) -> dict[str, Any] | None:
    """Return what a run ran in: its Python, its packages and why they are these; not as of which date."""
    if environment is None:
        return None
    packages = [f"{package.get('name')} {package.get('version')}" for package in environment.packages]
    return {
        "python": environment.python,
        "packages": [veil.say("environment, package", package) for package in packages],
        "approximations": [veil.say("environment", sentence) for sentence in environment.approximations],
        "files": list(ENVIRONMENT_FILES),
    }


def files_of(veil: Veil, run: Run) -> dict[str, ShownFile]:
    """Return the files of a run by their own names; the names that are shown are masked, and each is another."""
    found: dict[str, ShownFile] = {}
    taken: set[str] = set()
    for name, kept in list(run.artefacts.items())[:MOST_FILES]:
        if name in NEVER or not can_give(str(kept["media_type"]), int(kept["size_bytes"])):
            continue
        shown, number = veil.say(f"run of {run.target.label}, name of a file", name), 2
        while shown in taken:
            shown, number = f"{number}-{shown}", number + 1
        taken.add(shown)
        found[name] = ShownFile(shown, str(kept["sha256"]), str(kept["media_type"]))
    return found


def file_given(veil: Veil, run: Run, name: str) -> tuple[ShownFile, bytes] | None:
    """Return a file of a run by the name that is shown, masked; None where there is none that can be shown."""
    file = next((file for file in files_of(veil, run).values() if file.name == name), None)
    content = content_of(veil, run, file) if file is not None else None
    return None if file is None or content is None else (file, content)


def content_of(veil: Veil, run: Run, file: ShownFile) -> bytes | None:
    """Return what a file of a run holds, masked; None where that cannot be."""
    with open_store().open(file.sha256) as stream:
        return veil.give(f"run of {run.target.label}, {file.name}", stream.read(), file.media_type)


def environment_file_given(veil: Veil, environment: Environment, name: str) -> bytes | None:
    """Return a file that makes the environment again, masked."""
    if name not in ENVIRONMENT_FILES:
        return None
    content = read_download(environment, name)
    return veil.give(f"environment, {name}", content, ENVIRONMENT_FILES[name]) if content is not None else None


def _cause(veil: Veil, place: str, cause: Mapping[str, Any] | None) -> dict[str, str] | None:
    if not cause:
        return None
    said = {name: veil.say(place, cause.get(name)) for name in ("message", "hint", "evidence")}
    return {**said, "id": str(cause.get("id", ""))}
