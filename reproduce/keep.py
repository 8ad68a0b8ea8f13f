"""Keep the evidence of a run in the content-addressed store, before anything is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from builder.engines.lockfile import lock_as_requirements
from builder.environment_facts import engine_reason
from builder.models import Build
from builder.prepare import Prepared, artefact_store
from catalog.artefacts import ArtefactStore
from catalog.exposure.media_types import NOTEBOOK
from reproduce.compare import FileComparison, NotebookComparison, OutputComparison, file_as_dict
from reproduce.models import Run
from reproduce.picture import media_type_of, suffix_of
from reproduce.recorded_figures import FIGURES_SCHEMA
from reproduce.repairs import PATCH
from reproduce.report import Report, ReportedFile, ReportedNotebook, render_report
from reproduce.reproduction import Reproduction
from reproduce.runner.bundle import FIGURES_DIRECTORY, FILES_DIRECTORY
from reproduce.statement import environment_json, notebook_json, reproduction_json, statement_text, strict_json

_TEXT_LIMIT: Final = 20_000


class Keeper:
    """Puts content into the store and remembers under which name the run offers it."""

    def __init__(self, store: ArtefactStore) -> None:
        self._store = store
        self.names: dict[str, dict[str, Any]] = {}

    def data(self, name: str, data: bytes, media_type: str) -> str:
        """Keep `data` under `name` and return the name."""
        kept = self._store.put_bytes(data)
        self.names[name] = {"sha256": kept.sha256, "size_bytes": kept.size_bytes, "media_type": media_type}
        return name

    def file(self, name: str, path: Path, media_type: str) -> None:
        """Keep the file at `path`, where there is one."""
        if path.is_file():
            kept = self._store.put_file(path)
            self.names[name] = {"sha256": kept.sha256, "size_bytes": kept.size_bytes, "media_type": media_type}


def keep_evidence(
    run: Run, prepared: Prepared, reproduction: Reproduction
) -> tuple[dict[str, Any] | None, dict[str, dict[str, Any]]]:
    """Store everything the verdict rests on; return the comparison as the pages show it, and the artefacts by name."""
    keeper = Keeper(artefact_store())
    assert run.snapshot is not None  # noqa: S101 - set before the notebook ran
    bundle, published = reproduction.bundle, Path(run.snapshot.path) / run.target.notebook
    keeper.file("published.ipynb", published, NOTEBOOK)
    _keep_bundle(run, bundle, keeper)
    if reproduction.result.figures:
        listed = {"schema": FIGURES_SCHEMA, "figures": reproduction.result.figures}
        keeper.data("figures.json", statement_text(listed).encode(), "application/json")
    for number, again in enumerate(reproduction.again, start=2):
        keeper.file(f"executed-{number}.ipynb", again.bundle / "executed.ipynb", NOTEBOOK)
    lock = prepared.built.lock
    keeper.data("pylock.toml", lock.text.encode(), "application/toml")
    keeper.data("requirements.txt", lock_as_requirements(lock).encode(), "text/plain")
    if prepared.built.companion:
        keeper.data("companion.json", statement_text(dict(prepared.built.companion)).encode(), "application/json")
    comparison = _comparison(reproduction.comparison, keeper) if reproduction.comparison else None
    if comparison is not None and reproduction.files:
        comparison["files"] = [_file(number, file, bundle, keeper) for number, file in enumerate(reproduction.files)]
    statement = statement_of(run, prepared, reproduction)
    keeper.data("verdict.json", statement_text(statement).encode(), "application/json")
    report = render_report(
        Report(
            title=f"{run.target.label} of {run.target.publication.title}",
            statement=statement,
            notebooks=(ReportedNotebook(run.target.notebook, reproduction, tuple(run.target.cells)),),
            publication=(run.target.publication.doi, run.target.publication.title),
            files=tuple(ReportedFile(name, kept["sha256"], kept["size_bytes"]) for name, kept in keeper.names.items()),
        )
    )
    keeper.data("report.html", report.encode(), "text/html")
    return comparison, keeper.names


def keep_remains(run: Run, bundle: Path) -> dict[str, dict[str, Any]]:
    """Store what a run left that ended before it could be judged, and return it by name. Raises ArtefactError."""
    keeper = Keeper(artefact_store())
    if run.snapshot is not None:
        keeper.file("published.ipynb", Path(run.snapshot.path) / run.target.notebook, NOTEBOOK)
    _keep_bundle(run, bundle, keeper)
    return keeper.names


def keep_repair(run: Run, ended: Reproduction, patch: str) -> dict[str, dict[str, Any]]:
    """Store what a trial of a repair left, the patch too where one worked, and return it by name."""
    keeper = Keeper(artefact_store())
    _keep_bundle(run, ended.bundle, keeper)
    if patch:
        keeper.data(PATCH, patch.encode("utf-8", "surrogateescape"), "text/x-diff")
    return keeper.names


def _keep_bundle(run: Run, bundle: Path, keeper: Keeper) -> None:
    keeper.file("executed.ipynb", bundle / "executed.ipynb", NOTEBOOK)
    keeper.file("kernel.log", bundle / "kernel.log", "text/plain")
    keeper.file("events.jsonl", bundle / "events.jsonl", "application/x-ndjson")
    keeper.file("scheduler.json", bundle / "scheduler.json", "application/json")
    keeper.file("modules.json", bundle / "modules.json", "application/json")
    for figure in sorted((bundle / FIGURES_DIRECTORY).glob("*.json")):
        keeper.file(f"{FIGURES_DIRECTORY}/{figure.name}", figure, "application/json")
    log = Build.objects.filter(runs=run).values_list("log", flat=True).first()
    if log:
        keeper.data("build.log", f"{log}\n".encode(), "text/plain")


def statement_of(run: Run, prepared: Prepared, reproduction: Reproduction) -> dict[str, Any]:
    """Return the public JSON of a run."""
    assert run.snapshot is not None  # noqa: S101 - set before the notebook ran
    return reproduction_json(
        source=str(run.target.repository),
        commit=run.snapshot.commit or None,
        swhid=run.snapshot.swhid,
        environment=environment_json(prepared.built, prepared.environment.approximations, reasons_of(prepared)),
        notebooks=[
            notebook_json(
                run.target.notebook,
                verdict=reproduction.verdict,
                cause=reproduction.cause,
                result=reproduction.result,
                comparison=reproduction.comparison,
                parameters=run.all_parameters,
                files=reproduction.files,
                runs=reproduction.runs,
            )
        ],
    )


def reasons_of(prepared: Prepared) -> dict[str, str]:
    """Return why the environment's engine, Python and date are these."""
    recipe = prepared.environment.recipe
    return {
        "engine": engine_reason(prepared.environment),
        "python": str(recipe["python_reason"]),
        "as_of": str(recipe["as_of_reason"]),
    }


def _file(number: int, file: FileComparison, bundle: Path, keeper: Keeper) -> dict[str, Any]:
    """Keep a declared output file, and the pictures of its comparison; return what the pages show."""
    name = f"{FILES_DIRECTORY}/{file.path}"
    keeper.file(name, bundle / FILES_DIRECTORY / file.path, file.outcome.mime)
    stem = f"file-{number}"
    return {
        **strict_json(file_as_dict(file)),
        "artefact": name if name in keeper.names else None,
        "published": _image(keeper, f"{stem}-published", file.outcome.published),
        "fresh": _image(keeper, f"{stem}-fresh", file.outcome.fresh),
        "difference": _image(keeper, f"{stem}-difference", file.outcome.difference_png),
    }


def _comparison(comparison: NotebookComparison, keeper: Keeper) -> dict[str, Any]:
    return {
        "version": comparison.version,
        "runs": comparison.runs,
        "counts": dict(comparison.counts),
        "cells": [
            {
                "id": cell.id,
                "index": cell.index,
                "state": cell.state,
                "notes": list(cell.notes),
                "source_line": next((line for line in cell.source.splitlines() if line.strip()), "")[:120],
                "outputs": list(_outputs(cell.index, cell.outputs, keeper)),
            }
            for cell in comparison.cells
        ],
    }


def _outputs(index: int, outputs: tuple[OutputComparison, ...], keeper: Keeper) -> Iterator[dict[str, Any]]:
    for number, output in enumerate(outputs, start=1):
        # By the numbers that people are told of cell and output.
        stem = f"cell-{index + 1}-{number}"
        yield {
            "mime": output.mime,
            "state": output.state,
            "metric": strict_json(output.metric) if output.metric else None,
            "tolerance": dict(output.tolerance) if output.tolerance else None,
            "reason": output.reason,
            "noise": strict_json(output.noise) if output.noise else None,
            "rules": list(output.rules),
            "published": _image(keeper, f"{stem}-published", output.published),
            "fresh": _image(keeper, f"{stem}-fresh", output.fresh),
            "difference": _image(keeper, f"{stem}-difference", output.difference_png),
            "published_text": output.published_text[:_TEXT_LIMIT] if output.published_text else None,
            "fresh_text": output.fresh_text[:_TEXT_LIMIT] if output.fresh_text else None,
        }


def _image(keeper: Keeper, stem: str, data: bytes | None) -> str | None:
    return keeper.data(f"{stem}.{suffix_of(data)}", data, media_type_of(data)) if data is not None else None
