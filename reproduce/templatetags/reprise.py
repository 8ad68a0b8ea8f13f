"""What every template may use: verdicts as chips, runs as dots, sizes of time, and DOI addresses."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.template import Library
from django.template.defaultfilters import date as date_format

from catalog.causes import FAULT_WORDS
from catalog.identifiers import doi_url
from catalog.models import Evidence, Precision
from catalog.sources.licences import licence_address, licence_name
from reproduce import presentation, run_facts
from reproduce.models import Run
from reproduce.network_words import network_words

register = Library()

_KNOWN: Final[dict[str, str]] = {Precision.YEAR: "Y", Precision.MONTH: "F Y"}
_MINUTE: Final = 60.0
_HOUR: Final = 3600.0


@register.inclusion_tag("reproduce/_chip.html")
def verdict_chip(evidence: Evidence | None, label: str = "") -> dict[str, Any]:
    """Show the verdict on record in a word and a colour, after `label` where one is given."""
    verdict = evidence.verdict if evidence else None
    tone = presentation.VERDICT_TONES.get(verdict or "", "idle")
    is_approximated = evidence is not None and evidence.is_approximated
    return {"tone": tone, "word": verdict or "no verdict yet", "label": label, "is_approximated": is_approximated}


@register.inclusion_tag("reproduce/_chip.html")
def run_chip(run: Run, label: str = "") -> dict[str, Any]:
    """Show what a run came to, or its state while it is under way."""
    return {
        "tone": presentation.tone_of_run(run.state, run.verdict),
        "word": presentation.word_of_run(run.state, run.verdict, is_derived=run.is_derived),
        "label": label,
        "is_approximated": bool(run.verdict and run.environment and run.environment.approximations),
    }


@register.inclusion_tag("reproduce/_chip.html")
def state_chip(state: str) -> dict[str, Any]:
    """Show the state of a compared cell or output."""
    tone = presentation.STATE_TONES.get(state, "idle")
    return {"tone": tone, "word": presentation.STATE_WORDS.get(state, state), "label": ""}


@register.inclusion_tag("reproduce/_dots.html")
def run_dots(runs: list[Run]) -> dict[str, Any]:
    """Show runs as a row of dots, the oldest first, each a link with its outcome and date as its name."""
    return {"runs": [(run, presentation.tone_of_run(run.state, run.verdict)) for run in reversed(runs)]}


@register.inclusion_tag("reproduce/_network.html")
def run_network(run: Run) -> dict[str, Any]:
    """Show what was fetched while it ran, where it had a network."""
    is_open = bool(run.sandbox.get("network")) and run.ended_at is not None and run.run_s is not None
    return {"words": network_words(run.network, is_open=is_open)}


@register.filter
def verdict_tone(verdict: str | None) -> str:
    """Return the tone of a verdict."""
    return presentation.VERDICT_TONES.get(verdict or "", "idle")


@register.filter
def verdict_sentence(verdict: str | None) -> str:
    """Say what a verdict means."""
    return presentation.VERDICT_SENTENCES.get(verdict or "", presentation.NO_VERDICT)


@register.filter
def run_word(run: Run) -> str:
    """Return what a run came to in a word or two."""
    return presentation.word_of_run(run.state, run.verdict, is_derived=run.is_derived)


@register.filter
def values_words(values: dict[str, Any]) -> str:
    """Say which values a derived analysis set."""
    return presentation.values_words(values)


@register.filter
def state_word(state: str) -> str:
    """Return the state of an output in words."""
    return presentation.STATE_WORDS.get(state, state)


@register.filter
def fault_words(fault: str) -> str:
    """Say whose fault a cause is."""
    return {str(key): words for key, words in FAULT_WORDS.items()}.get(fault, fault)


@register.filter
def duration(seconds: float | None) -> str:
    """Write a time in the unit that people would use; empty for None."""
    if seconds is None:
        return ""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min {seconds % _MINUTE:.0f} s"
    return f"{seconds // _HOUR:.0f} h {seconds % _HOUR // _MINUTE:.0f} min"


@register.filter
def doi_link(doi: str) -> str:
    """Return the https address of a DOI."""
    return doi_url(doi)


@register.filter
def known_date(day: date | None, precision: str) -> str:
    """Return as much of a date as is known: 2020, May 2020, 1 May 2020."""
    return date_format(day, _KNOWN.get(precision, "j F Y")) if day else ""


@register.filter
def licence_link(licence: str) -> str:
    """Return where the text of a licence stands; empty where that is not known."""
    name = licence_name(licence)
    return name if name.startswith(("https://", "http://")) else licence_address(name)


@register.filter
def machine_rows(machine: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is known of the machine of a run, as pairs of a name and a value."""
    return run_facts.machine_rows(machine)


@register.filter
def variable_rows(variables: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the environment variables of a run's kernel, as pairs of a name and a value."""
    return run_facts.variable_rows(variables)


@register.filter
def short(digest: str) -> str:
    """Return the start of a commit or digest, enough to recognise it."""
    return digest[:12]
