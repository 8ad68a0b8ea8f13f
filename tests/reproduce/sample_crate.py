"""A crate of one run with everything in it, laid out in a directory."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reproduce.crate import METADATA, Crate, CrateFile, CrateParty, CratePublication, CrateRun
from reproduce.crate_document import crate_text

KINDS = {
    "README.md": "text/markdown",
    "build.log": "text/plain",
    "certificate.json": "application/json",
    "fig 1/cell-1-0-difference.png": "image/png",
    "fig 1/executed.ipynb": "application/x-ipynb+json",
    "fig 1/files/out/größe.csv": "text/csv",
    "fig 1/published.ipynb": "application/x-ipynb+json",
    "fig 1/verdict.json": "application/json",
    "pylock.toml": "application/toml",
    "report.html": "text/html",
}


def sample_files() -> list[CrateFile]:
    """Return the files; each holds its own name."""
    return [
        CrateFile(name, kind, hashlib.sha256(name.encode()).hexdigest(), len(name.encode()))
        for name, kind in KINDS.items()
    ]


def sample_run(**changes: Any) -> CrateRun:  # noqa: ANN401 - fields of the run
    """Return a run that differs, with parameters and data."""
    run = CrateRun(
        notebook="figures/fig 1.ipynb",
        published="fig 1/published.ipynb",
        verdict="differs",
        cause={"id": "outputs-differ", "fault": "author", "message": "1 of 2 differ.", "hint": "Look."},
        is_completed=True,
        started_at="2024-06-01T00:00:00.123456+00:00",
        ended_at="2024-06-01T00:00:03+00:00",
        parameters={"gain": 2, "label": "silica", "limits": [0.1, float("inf")]},
        data=[
            {
                "dataset": "10.5072/frames",
                "at": "data/raw",
                "files": 3,
                "bytes": 4096,
                "checked": {"sha256": 3},
                "manifest_sha256": "ef" * 32,
            }
        ],
        network={
            "allowed_hosts": ["data.example.org"],
            "is_confined": True,
            "fetched": [
                {
                    "method": "GET",
                    "url": "https://data.example.org/a.csv",
                    "status": 200,
                    "size_bytes": 12,
                    "sha256": "78" * 32,
                    "error": None,
                }
            ],
            "fetched_count": 1,
            "refused": [],
            "refused_count": 0,
            "received_bytes": 12,
        },
        left=["fig 1/executed.ipynb", "fig 1/files/out/größe.csv"],
        compared=["fig 1/verdict.json", "fig 1/cell-1-0-difference.png", "report.html"],
    )
    return replace(run, **changes)


def sample_crate(*runs: CrateRun, **changes: Any) -> Crate:  # noqa: ANN401 - fields of the crate
    """Return the crate of the runs, one that differs without any."""
    crate = Crate(
        title="Figure 1 of a paper, run again",
        made_at=datetime(2024, 6, 1, 0, 0, 5, tzinfo=UTC),
        party=CrateParty("https://reprise.example.org", "Reprise at example.org", "The service."),
        comparator="reprise-compare/1",
        source="https://github.com/example/paper@v1.0",
        commit="a" * 40,
        swhid="swh:1:dir:" + "b" * 40,
        environment={
            "engine": "image",
            "python": "3.9.18",
            "as_of": "2021-08-31T00:00:00+00:00",
            "lock_sha256": "34" * 32,
            "details": {"image": "quay.io/example/paper:v1", "digest": "sha256:" + "56" * 32},
        },
        runs=runs or (sample_run(),),
        files=sample_files(),
        publication=CratePublication(
            "10.5072/silica",
            "A paper about silica",
            "CC-BY-4.0",
            [{"name": "Olga O.", "orcid": "0000-0002-1825-0097"}, {"name": "Curt"}],
        ),
    )
    return replace(crate, **changes)


def lay_out(crate: Crate, place: Path) -> Path:
    """Write the crate's files and its metadata below `place`."""
    for file in crate.files:
        path = place / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.name, encoding="utf-8")
    (place / METADATA).write_text(crate_text(crate), encoding="utf-8")
    return place
