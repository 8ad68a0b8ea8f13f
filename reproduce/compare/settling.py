"""One output by several runs of ours: stable, unstable, or only drawn otherwise, with its reason and its noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from reproduce.compare.bundles import SEVERITY
from reproduce.compare.guesses import Guess
from reproduce.compare.model import OutputComparison
from reproduce.compare.own_figures import OwnFigures
from reproduce.compare.placing import Place, place_published
from reproduce.compare.text import TextSettings

GOOD: Final = ("identical", "within_tolerance")
APART: Final = ("differs", "missing", "unexpected")


def settle_by_runs(
    against: Sequence[OutputComparison],
    own: Sequence[OutputComparison],
    settings: TextSettings,
    figures: OwnFigures | None,
    guess: Callable[[], Sequence[Guess]],
) -> OutputComparison | None:
    """Judge one output by its comparison with each run and of the runs with each other; None where these agree."""
    place = place_published(against, own, settings)
    is_one_answer = len({each.state in GOOD for each in against}) == 1
    if not any(each.state in APART for each in own) and is_one_answer:
        if all(each.state != "within_tolerance" for each in own):
            return None
        # They agree within the tolerance, and so does what they say of the published one. Equal once is not equal.
        agreed = min(against, key=lambda each: SEVERITY.index(each.state))
        if figures is None or not figures.changes:
            return agreed
        # Less than a picture shows, but their records do.
        reason = f"{agreed.reason} {figures.told}"
        return replace(agreed, reason=reason, noise=noise_of(len(against), place, (), figures))
    if figures is not None and figures.is_same:
        return _drawn_otherwise(against, place, figures)
    guesses = guess()
    if place.is_within is False and any(each.is_drifting for each in guesses):
        # That no run of today comes near an old time or address refutes nothing.
        place = replace(place, is_within=None)
    # What is shown beside the published output is the run that it is nearest to.
    shown = next((each for each in against if each.state in GOOD), against[0])
    return replace(
        shown,
        state="differs" if place.is_within is False else "unstable",
        reason=" ".join([place.reason, *_told(figures), *(f"A guess at why: {guess.words}" for guess in guesses)]),
        noise=noise_of(len(against), place, guesses, figures),
    )


def _drawn_otherwise(against: Sequence[OutputComparison], place: Place, figures: OwnFigures) -> OutputComparison:
    """Judge a figure that our runs draw otherwise each time though it holds the same: it is not unstable.

    What is published is compared as a picture all the same, and a pass needs a run that shows it.
    """
    shown = next((each for each in against if each.state in GOOD), against[0])
    told = f"Our {len(against)} runs hold the same figure and draw it otherwise each time"
    noise = noise_of(len(against), place, (), figures)
    if place.is_within:
        return replace(
            shown, state="within_tolerance", reason=f"{told}; one of them shows it as published.", noise=noise
        )
    if place.is_within is False:
        reason = f"{told}, but not by as much as the published one differs from each of them."
        return replace(shown, state="differs", reason=reason, noise=noise)
    reason = f"{told}, so that the published picture cannot be placed among theirs."
    return replace(shown, state="not_compared", reason=reason, noise=noise)


def _told(figures: OwnFigures | None) -> list[str]:
    return [figures.told] if figures is not None and figures.told else []


def noise_of(runs: int, place: Place, guesses: Sequence[Guess], figures: OwnFigures | None = None) -> dict[str, Any]:
    """Return what is told of an output that is not the same each time, as the public JSON has it."""
    floor: Mapping[str, Any] | None = place.floor
    return {
        "runs": runs,
        "floor": floor,
        "published_within": place.is_within,
        "guesses": [guess.words for guess in guesses],
        "figure": None if figures is None else figures.as_dict(),
    }
