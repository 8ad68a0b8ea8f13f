"""One published notebook and several runs of ours: what comes out the same each time, and what does not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

from reproduce.compare.alignment import CellPair, align_cells
from reproduce.compare.apart import Apart, Confine
from reproduce.compare.at_once import compare_pairs
from reproduce.compare.bundles import SEVERITY, compare_pair
from reproduce.compare.guesses import guess_why
from reproduce.compare.model import (
    CellComparison,
    ComparePictures,
    FileComparison,
    NotebookComparison,
    OutputComparison,
    Tolerance,
)
from reproduce.compare.notebook import DEFAULT_TOLERANCE, compare_notebooks, is_judged, state_of
from reproduce.compare.outputs import IMAGES, Output, OutputPair, as_text, pair_outputs, read_outputs
from reproduce.compare.own_figures import OwnFigures, RecordOf, compare_own_figures
from reproduce.compare.placing import Place
from reproduce.compare.sanitize import SanitizeRule
from reproduce.compare.settling import APART, noise_of, settle_by_runs
from reproduce.compare.text import TextSettings

MOST_RUNS: Final = 5


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of which the outputs are judged: its place, the sources of all cells, what was declared of texts.

    `records` are those of each run's figures; none where they are not known.
    """

    index: int
    sources: Sequence[str]
    settings: TextSettings
    records: Sequence[RecordOf] = ()


def compare_repeatedly(
    published: Any,  # noqa: ANN401 - nbformat has no types
    runs: Sequence[Any],
    *,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    cells: Collection[str] | None = None,
    sanitize: Sequence[SanitizeRule] = (),
    confine: Confine | None = None,
    records: Sequence[RecordOf] = (),
    at_once: int = 1,
    pictures: ComparePictures | None = None,
) -> NotebookComparison:
    """Compare the published notebook with the first of `runs`, and judge by all of them what is stable.

    An output about which our runs disagree is "unstable", unless the published one lies outside of what they show:
    then it differs. Its `noise` says how far they are apart. `confine`, `at_once` and `pictures` are as for
    compare_notebooks. Never raises for what a notebook holds.

    `records` are what each run recorded of its figures: they tell what changes in a picture, and that nothing does.
    """
    first = compare_notebooks(
        published,
        runs[0],
        tolerance=tolerance,
        cells=cells,
        sanitize=sanitize,
        confine=confine,
        at_once=at_once,
        pictures=pictures,
    )
    if len(runs) == 1:
        return first
    settings = TextSettings(tolerance, tuple(sanitize), Apart(confine), at_once, pictures)
    all_cells = published.get("cells") or []
    sources = [as_text(cell.get("source", "")) if cell.get("cell_type") == "code" else "" for cell in all_cells]
    pairs = [{pair.index: pair for pair in align_cells(all_cells, run.get("cells") or [])} for run in runs]
    settled = tuple(
        _settle_cell(cell, [found.get(cell.index) for found in pairs], _Cell(cell.index, sources, settings, records))
        for cell in first.cells
    )
    counts = Counter(output.state for cell in settled for output in cell.outputs)
    return replace(first, cells=settled, counts={state: counts.get(state, 0) for state in SEVERITY}, runs=len(runs))


def settle_file(
    against: Sequence[FileComparison],
    own: Sequence[FileComparison],
    tolerance: Tolerance,
    records: Sequence[bytes | None] = (),
) -> FileComparison:
    """Judge an output file by all runs: `against` compares each with the repository's, `own` each two of them.

    `records` are what each run recorded of the figure that it saved there.
    """
    first = against[0]
    if not first.is_claimed:
        return first
    outcomes, apart = [each.outcome for each in against], [each.outcome for each in own]
    figures = None
    if len(records) == len(against) and len(own) == math.comb(len(records), 2) and first.outcome.mime in IMAGES:
        figures = compare_own_figures(records, apart, tolerance)
    settled = settle_by_runs(outcomes, apart, TextSettings(tolerance), figures, lambda: ())
    return first if settled is None else replace(first, outcome=settled)


def _settle_cell(cell: CellComparison, pairs: Sequence[CellPair | None], where: _Cell) -> CellComparison:
    if pairs[0] is None or not is_judged(pairs[0]):
        return cell
    shown = read_outputs(pairs[0].published)
    sides = [pair_outputs(shown, read_outputs(pair.fresh if pair else None)) for pair in pairs]
    # Those that belong to a published output come first, in its order; what only a run shows stands behind them.
    count = len(shown)
    outputs = [
        _settle_output(output, [side[place] for side in sides], where)
        for place, output in enumerate(cell.outputs[:count])
    ]
    outputs += _settle_extra(cell.outputs[count:], [side[count:] for side in sides], where)
    return replace(cell, outputs=tuple(outputs), state=state_of(outputs))


def _settle_output(first: OutputComparison, pairs: Sequence[OutputPair], where: _Cell) -> OutputComparison:
    """Judge one published output, form by form: a table as HTML may be stable where its text is not."""
    found: list[OutputComparison] = []
    stable: set[str] = set()
    for mimes, part in _parts(pairs):
        settled = _settle_part(part, where)
        if settled is None:
            stable |= mimes
        else:
            found.append(settled)
    if not found:
        return first
    rest = _only(pairs[0], stable)
    if rest is not None:
        found.append(compare_pair(rest, where.settings))
    worst = min(found, key=_weight)
    picture = next((each for each in found if each.published is not None or each.fresh is not None), worst)
    return replace(worst, published=picture.published, fresh=picture.fresh, difference_png=picture.difference_png)


def _weight(output: OutputComparison) -> tuple[int, bool]:
    is_placed = output.noise is not None and output.noise["published_within"] is True
    return SEVERITY.index(output.state), is_placed


def _parts(pairs: Sequence[OutputPair]) -> list[tuple[set[str], list[OutputPair]]]:
    """Return an output's forms apart, each with the names of its types; a picture together with the words for it."""
    outputs = [output for pair in pairs for output in (pair.published, pair.fresh) if output is not None]
    if any(output.kind != "bundle" for output in outputs):
        return [(set(), list(pairs))]
    mimes = {mime for output in outputs for mime in output.data}
    groups = [{mime} for mime in sorted(mimes - set(IMAGES) - {"text/plain"})]
    plain = mimes & {"text/plain"}
    if pictures := mimes & set(IMAGES):
        groups.append(pictures | plain)
    elif plain:
        groups.append(plain)
    parts = []
    for group in groups:
        part = [_only(pair, group) for pair in pairs]
        parts.append((group, [each if each is not None else OutputPair(None, None) for each in part]))
    return parts


def _only(pair: OutputPair, mimes: set[str]) -> OutputPair | None:
    """Return the pair with these types alone; None where neither side has any."""

    def part_of(output: Output | None) -> Output | None:
        data = {mime: value for mime, value in output.data.items() if mime in mimes} if output else {}
        return Output("bundle", data, output.place) if output and data else None

    published, fresh = part_of(pair.published), part_of(pair.fresh)
    return OutputPair(published, fresh) if published or fresh else None


def _settle_part(pairs: Sequence[OutputPair], where: _Cell) -> OutputComparison | None:
    """Judge what our runs disagree about; None where they agree."""
    fresh = [pair.fresh for pair in pairs]
    if all(each == fresh[0] for each in fresh):
        return None
    published = pairs[0].published
    if published is None:
        # A form that the publication does not have: as unexpected as after one run.
        return None
    own = _compared([OutputPair(*both) for both in combinations(fresh, 2)], where.settings)
    if all(each.state not in ("within_tolerance", *APART) for each in own):
        return None
    against = _compared([OutputPair(published, each) for each in fresh], where.settings)
    texts = [each.fresh_text for each in against if each.fresh_text is not None]
    figures = _own_figures(fresh, own, where)
    changes = () if figures is None else figures.changes
    return settle_by_runs(
        against, own, where.settings, figures, lambda: guess_why(where.sources, where.index, texts, changes)
    )


def _own_figures(fresh: Sequence[Output | None], own: Sequence[OutputComparison], where: _Cell) -> OwnFigures | None:
    """Return what our runs recorded of a picture that they draw otherwise each time; None for anything else."""
    if len(where.records) != len(fresh) or not any(each is not None and set(each.data) & set(IMAGES) for each in fresh):
        return None
    records = [
        None if output is None else record(where.index, output.place)
        for record, output in zip(where.records, fresh, strict=True)
    ]
    found = compare_own_figures(records, own, where.settings.tolerance)
    if found is None or not found.is_same:
        return found
    # The words beside the picture are no part of the record.
    words = [OutputPair(one and _words_of(one), other and _words_of(other)) for one, other in combinations(fresh, 2)]
    is_same = all(each.state not in APART for each in _compared(words, where.settings))
    return replace(found, is_same=is_same)


def _words_of(output: Output) -> Output | None:
    data = {mime: value for mime, value in output.data.items() if mime not in IMAGES}
    return Output("bundle", data) if data else None


def _compared(pairs: Sequence[OutputPair], settings: TextSettings) -> list[OutputComparison]:
    """Compare pairs of which both sides may be absent."""
    is_shown = [pair.published is not None or pair.fresh is not None for pair in pairs]
    found = iter(compare_pairs([pair for pair, is_there in zip(pairs, is_shown, strict=True) if is_there], settings))
    return [next(found) if is_there else OutputComparison("text/plain", "identical") for is_there in is_shown]


def _settle_extra(
    first: Sequence[OutputComparison], sides: Sequence[Sequence[OutputPair]], where: _Cell
) -> list[OutputComparison]:
    """Judge what the publication does not show: as many as every run shows are unexpected, the others unstable."""
    shown = [
        [found for pair in side if (found := compare_pair(pair, where.settings)).state == "unexpected"]
        for side in sides
    ]
    least, most = min(map(len, shown)), max(shown, key=len)
    kept = [output for output in first if output.state != "unexpected"]
    place = Place(None, f"The publication does not show this output, and not all of our {len(sides)} runs do.")
    guesses = guess_why(where.sources, where.index, ()) if len(most) > least else ()
    some = [
        replace(output, state="unstable", reason=place.reason, noise=noise_of(len(sides), place, guesses))
        for output in most[least:]
    ]
    return [*shown[0][:least], *kept, *some]
