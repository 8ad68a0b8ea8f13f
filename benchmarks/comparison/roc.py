"""What our comparison of pictures catches and what it raises false alarms on, beside other methods.

`python -m benchmarks.comparison.roc` draws the set of pairs (once), scores every pair with every method and prints
tables. With `--write` it also draws the curves and the worst cases into docs/images and writes the section
"Calibration" of docs/comparison.md anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

from benchmarks.comparison.environments import CACHE, make_environments
from benchmarks.comparison.generate import generate
from benchmarks.comparison.methods import METHODS
from benchmarks.comparison.pictures import draw_curves, draw_worst
from benchmarks.comparison.rates import Scored, split
from benchmarks.comparison.tables import BEGIN, END, around_section, section

PROJECT: Final = Path(__file__).resolve().parents[2]
_AT_ONCE: Final = 2


def score_pair(pair: dict[str, Any], directory: Path) -> Scored:
    """Score one pair with every method, and take the processor time of each."""
    one, other = (directory / pair["a"]).read_bytes(), (directory / pair["b"]).read_bytes()
    scores, seconds = {}, {}
    for name, method in METHODS.items():
        started = time.process_time()
        scores[name] = method.score(one, other)
        seconds[name] = time.process_time() - started
    return Scored(pair, scores, seconds)


def score_set(directory: Path, *, every: int = 1) -> tuple[dict[str, Any], list[Scored]]:
    """Return the manifest of a set and its scored pairs, every Nth of them."""
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    pairs = manifest["pairs"][::every]
    with ProcessPoolExecutor(_AT_ONCE) as pool:
        scored = list(pool.map(score_pair, pairs, [directory] * len(pairs), chunksize=8))
    return manifest, scored


def default_set() -> Path:
    """Return where the set of this source lies, drawn if it is not there yet."""
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    drawing = [
        path for path in sources if path.parent.name == "drawing" or path.stem in ("environments", "plan", "generate")
    ]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in drawing)).hexdigest()[:12]
    place = CACHE / "sets" / digest
    if not (place / "manifest.json").exists():
        interpreters, failed = make_environments()
        generate(place, interpreters, failed=failed)
    return place


def main(arguments: Sequence[str] | None = None) -> None:
    """Score the set, print the section, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, help="a directory that generate made, instead of the usual set")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="score only every Nth pair, for a quick look")
    parser.add_argument("--write", action="store_true", help="write docs/comparison.md and docs/images/comparison-*")
    parser.add_argument("--docs", type=Path, default=PROJECT / "docs", help="where the documents lie")
    options = parser.parse_args(arguments)
    document: Path = options.docs / "comparison.md"
    around = around_section(document) if options.write else ("", "")
    directory = options.set or default_set()
    manifest, scored = score_set(directory, every=options.every)
    if any(not group for half in ("train", "test") for group in split(scored, half)):
        raise SystemExit("The pairs are too few: each half needs some that show the same and some that were altered.")
    text = section(manifest, scored)
    if options.write:
        judged = [each for each in scored if not each.is_style]
        draw_curves(judged, options.docs / "images" / "comparison-roc.svg")
        draw_worst(judged, directory, options.docs / "images")
        document.write_text(f"{around[0]}{BEGIN}\n\n{text}\n\n{END}{around[1]}", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
