"""Draw the set of pairs: `python -m benchmarks.comparison.generate DIRECTORY`.

Each version draws all of its pictures in one process. The directory then holds the pictures and `manifest.json`. A set
that is there is not drawn again, and of one that was broken off only the versions that are missing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from benchmarks.comparison.environments import make_environments
from benchmarks.comparison.plan import KINDS, Figure, Pair, figures, pairs

_PROJECT: Final = Path(__file__).resolve().parents[2]
_AT_ONCE: Final = 2


def generate(
    directory: Path,
    interpreters: dict[str, Path],
    *,
    failed: dict[str, str] | None = None,
    kinds: tuple[str, ...] = KINDS,
    seeds: tuple[int, ...] = (1, 2, 3, 4),
) -> dict[str, Any]:
    """Draw the pairs with these versions, write the manifest and return it."""
    directory.mkdir(parents=True, exist_ok=True)
    if (directory / "manifest.json").exists():
        raise SystemExit(f"{directory} holds a set already")
    planned = list(figures(list(interpreters), kinds, seeds))
    wanted = [pair for figure in planned for pair in pairs(figure, list(interpreters))]
    jobs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for figure in planned:
        jobs[figure.version].append(_job(figure, figure.name, "", {}))
    for pair in wanted:
        jobs[pair.version].append(_job(pair.figure, pair.name, pair.change, dict(pair.way.rendering)))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = dict(
            pool.map(lambda version: (version, _draw(directory, version, interpreters[version], jobs[version])), jobs)
        )
    drawn = {
        job["name"]: result
        for version in jobs
        for job, result in zip(jobs[version], answers[version]["done"], strict=True)
    }
    listed = [_listed(pair, drawn) for pair in wanted]
    # A change that changes no pixel at its own rendering is no alteration of the picture.
    kept = [each for each in listed if not each["is_altered"] or each["changed_px"]]
    dropped = [(each["id"], each["change"]) for each in listed if each["is_altered"] and not each["changed_px"]]
    manifest = {
        "versions": {
            name: {key: value for key, value in answer.items() if key != "done"} for name, answer in answers.items()
        },
        "failed": failed or {},
        "dropped": dropped,
        "pairs": kept,
    }
    (directory / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def _job(figure: Figure, name: str, change: str, rendering: dict[str, Any]) -> dict[str, Any]:
    return {"kind": figure.kind, "seed": figure.seed, "change": change, "rendering": rendering, "name": name}


def _draw(directory: Path, version: str, interpreter: Path, jobs: list[dict[str, Any]]) -> dict[str, Any]:
    listed, pictures = directory / f"jobs-{version}.json", directory / version
    wanted = json.dumps(jobs)
    done = pictures / "done.json"
    if not (done.exists() and listed.exists() and listed.read_text(encoding="utf-8") == wanted):
        shutil.rmtree(pictures, ignore_errors=True)
        pictures.mkdir()
        listed.write_text(wanted, encoding="utf-8")
        _run(version, interpreter, listed, pictures)
    answer: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
    for result in answer["done"]:
        result["file"] = f"{version}/{result['file']}"
    return answer


def _run(version: str, interpreter: Path, listed: Path, pictures: Path) -> None:
    variables = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    # Its own list of fonts, so that versions do not read each other's.
    variables["MPLCONFIGDIR"] = str(interpreter.parents[1] / "matplotlib-settings")
    variables["PYTHONPATH"] = str(_PROJECT)
    variables["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [str(interpreter), "-m", "benchmarks.comparison.drawing.draw", str(listed), str(pictures)]
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=3600, check=False)
    if ended.returncode:
        raise SystemExit(f"matplotlib {version} did not draw: {ended.stderr[-2000:]}")


def _listed(pair: Pair, drawn: dict[str, dict[str, Any]]) -> dict[str, Any]:
    result = drawn[pair.name]
    return {
        "id": pair.name,
        "kind": pair.figure.kind,
        "seed": pair.figure.seed,
        "half": pair.figure.half,
        "change": pair.change,
        "is_altered": bool(pair.change),
        "group": "style" if pair.way.is_style else "altered" if pair.change else "same",
        "way": pair.way.name,
        "rendering_a": f"matplotlib {pair.figure.version}",
        "rendering_b": f"matplotlib {pair.version}, {pair.way.name}",
        "version_a": pair.figure.version,
        "version_b": pair.version,
        "a": drawn[pair.figure.name]["file"],
        "b": result["file"],
        "changed_px": result.get("changed_px"),
        "changed_weight": result.get("changed_weight"),
        "moved_px": result.get("moved_px"),
    }


def main() -> None:
    """Make the environments, draw the set and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    options = parser.parse_args()
    interpreters, failed = make_environments()
    manifest = generate(options.directory, interpreters, failed=failed, seeds=tuple(options.seeds))
    altered = sum(pair["is_altered"] for pair in manifest["pairs"])
    print(
        f"{len(manifest['pairs'])} pairs, {altered} altered, {len(manifest['dropped'])} dropped as equal to the pixel."
    )
    for facts in manifest["versions"].values():
        named = f"matplotlib {facts['matplotlib']} with numpy {facts['numpy']} on Python {facts['python']}"
        print(f"{named}: {facts['seconds']} s")
    for name, problem in failed.items():
        print(f"{name} is not there: {problem}")


if __name__ == "__main__":
    main()
