"""The section "Calibration" of docs/comparison.md, written from a run."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.comparison.methods import METHODS, OURS
from benchmarks.comparison.plan import AS_PUBLISHED
from benchmarks.comparison.rates import Scored, Share, alarms, area, split, threshold_at

BEGIN: Final = "<!-- calibration: written by python -m benchmarks.comparison.roc --write -->"
END: Final = "<!-- calibration: end -->"
_ALLOWED: Final = 0.02
_SIZES: Final = ((0.0, 10.0), (10.0, 30.0), (30.0, 100.0), (100.0, 1000.0), (1000.0, math.inf))


def around_section(document: Path) -> tuple[str, str]:
    """Return what stands before and after the section in the document. Raises SystemExit where its markers are not."""
    text = document.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"{document} has no markers for the section")
    before, rest = text.split(BEGIN)
    return before, rest.split(END)[1]


def section(manifest: dict[str, Any], scored: Sequence[Scored]) -> str:
    """Return what a run says, as Markdown."""
    judged = [each for each in scored if not each.is_style]
    parts = [
        _set(manifest, judged),
        _methods(judged),
        _ours(judged),
        _by_change(judged),
        _by_way(judged),
        _by_kind(judged),
        _by_versions(judged),
        _by_size(judged),
        _styles([each for each in scored if each.is_style]),
        _worst(judged),
    ]
    return "\n\n".join(part for part in parts if part)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)])


def _set(manifest: dict[str, Any], judged: Sequence[Scored]) -> str:
    same, altered = split(judged)
    versions = manifest["versions"]
    listed = ", ".join(
        f"{facts['matplotlib']} (Python {facts['python']})"
        for _, facts in sorted(versions.items(), key=lambda each: _order(each[0]))
    )
    whole = [pair for pair in manifest["pairs"] if pair["group"] != "style"]
    figures, kinds = len({pair["a"] for pair in whole}), len({pair["kind"] for pair in whole})
    text = (
        f"The set has {len(whole)} pairs of {figures} figures of {kinds} kinds. "
        f"They were drawn by matplotlib {listed}. "
        f"Scored were {len(judged)}: {len(same)} that show the same and {len(altered)} that were altered."
    )
    unseen = len(manifest["dropped"])
    if unseen:
        text += f" {unseen} alterations changed no pixel (the point lay behind a legend, say) and are left out."
    failed = "".join(f" matplotlib {name} could not be installed: {why}." for name, why in manifest["failed"].items())
    return text + failed


def _methods(judged: Sequence[Scored]) -> str:
    test = [each for each in judged if each.half == "test"]
    same, altered = split(test)
    train_same, _ = split(judged, "train")
    rows = []
    for name, method in METHODS.items():
        chosen = threshold_at(train_same, name, _ALLOWED)
        best = threshold_at(same, name, _ALLOWED)
        rows.append(
            (
                name,
                f"{100 * alarms(altered, name, best).value:.1f} %",
                f"{100 * alarms(altered, name, chosen).value:.1f} % at {100 * alarms(same, name, chosen).value:.1f} %",
                f"{area(test, name):.3f}",
                f"{method.threshold:g} ({method.threshold_is})",
                f"{100 * alarms(altered, name, method.threshold).value:.1f} %",
                f"{100 * alarms(same, name, method.threshold).value:.1f} %",
                f"{1000 * statistics.median(each.seconds[name] for each in test):.1f} ms",
            )
        )
    head = (
        "method",
        "caught at no more than 2 % false alarms",
        "with the threshold that does this on the train half",
        "area under the curve",
        "own threshold",
        "caught there",
        "false alarms there",
        "median processor time a pair",
    )
    return f"On the test half ({len(same)} the same, {len(altered)} altered):\n\n" + _table(head, rows)


def _ours(judged: Sequence[Scored]) -> str:
    rows = []
    for half in ("train", "test", ""):
        same, altered = split(judged, half)
        limit = METHODS[OURS].threshold
        rows.append((half or "both", alarms(same, OURS, limit), alarms(altered, OURS, limit)))
    return "Ours at its default limit:\n\n" + _table(("half", "false alarms", "caught"), rows)


def _found(pairs: Iterable[Scored]) -> Share:
    return alarms(pairs, OURS, METHODS[OURS].threshold)


def _grouped(pairs: Iterable[Scored], key: Callable[[Scored], str]) -> dict[str, list[Scored]]:
    groups: dict[str, list[Scored]] = {}
    for each in pairs:
        groups.setdefault(key(each), []).append(each)
    return groups


def _by_change(judged: Sequence[Scored]) -> str:
    _, altered = split(judged)
    rows = []
    for change, group in sorted(_grouped(altered, lambda each: each.pair["change"]).items()):
        plain = [each for each in group if each.pair["way"] == AS_PUBLISHED.name]
        other = [each for each in group if each.pair["way"] != AS_PUBLISHED.name]
        rows.append((change, _found(plain), _found(other)))
    head = ("altered (both halves)", "caught, drawn as published", "caught, drawn otherwise")
    return _table(head, rows)


def _by_way(judged: Sequence[Scored]) -> str:
    same, altered = split(judged)
    caught = _grouped(altered, lambda each: each.pair["way"])
    alarmed = _grouped(same, lambda each: each.pair["way"])
    rows = [(way, _found(alarmed.get(way, [])), _found(caught.get(way, []))) for way in sorted({*caught, *alarmed})]
    return _table(("drawn (both halves)", "false alarms", "caught"), rows)


def _by_kind(judged: Sequence[Scored]) -> str:
    same, altered = (_grouped(group, lambda each: each.pair["kind"]) for group in split(judged))
    return _table(
        ("kind (both halves)", "false alarms", "caught"),
        [(kind, _found(same.get(kind, [])), _found(altered.get(kind, []))) for kind in sorted({*same, *altered})],
    )


def _by_versions(judged: Sequence[Scored]) -> str:
    """Tabulate false alarms by the older and the newer of the two versions, other changes of the rendering apart."""
    same, _ = split(judged)
    crossed = [each for each in same if each.pair["way"] == "version"]
    names = sorted({each.pair[side] for each in crossed for side in ("version_a", "version_b")}, key=_order)
    groups = _grouped(
        crossed, lambda each: " ".join(sorted((each.pair["version_a"], each.pair["version_b"]), key=_order))
    )
    rows = []
    for older in names[:-1]:
        found = [_found(groups.get(f"{older} {newer}", [])) for newer in names[1:]]
        rows.append((older, *(f"{share.count} of {share.of}" if share.of else "" for share in found)))
    return "False alarms between two versions, nothing else changed:\n\n" + _table(("", *names[1:]), rows)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _by_size(judged: Sequence[Scored]) -> str:
    _, altered = split(judged)
    rows = []
    for low, high in _SIZES:
        group = [each for each in altered if low <= each.pair["changed_weight"] < high]
        name = f"{low:g} to {high:g}" if high < math.inf else f"{low:g} and more"
        rows.append((name, _found(group)))
    return _table(("alteration, in pixels of full contrast (both halves)", "caught"), rows)


def _styles(styled: Sequence[Scored]) -> str:
    if not styled:
        return ""
    groups = _grouped(styled, lambda each: each.pair["way"])
    rows = [(way, _found(group)) for way, group in sorted(groups.items())]
    return "Not counted above, since more than the renderer changed though the numbers did not:\n\n" + _table(
        ("drawn", "called different"), rows
    )


def _worst(judged: Sequence[Scored]) -> str:
    same, altered = split(judged)
    limit = METHODS[OURS].threshold
    missed = [each for each in altered if each.scores[OURS] <= limit]
    parts = ["![ROC curves of all methods on the test half](images/comparison-roc.svg)"]
    if any(each.scores[OURS] > limit for each in same):
        parts.append(
            "The worst false alarms: as published, drawn again, our map.\n\n"
            "![The worst false alarms](images/comparison-false-alarms.png)"
        )
    if missed:
        named = ", ".join(
            f"{change} {count}" for change, count in Counter(each.pair["change"] for each in missed).most_common()
        )
        parts.append(
            f"The largest alterations that were missed (of {len(missed)}: {named}):\n\n"
            "![The worst misses](images/comparison-misses.png)"
        )
    return "\n\n".join(parts)
