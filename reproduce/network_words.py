"""What was fetched while a notebook ran, in words for pages and reports. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MOST_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class NetworkWords:
    """A sentence or two, and the requests that are shown, as the result lists them."""

    summary: str
    fetched: tuple[Mapping[str, Any], ...] = ()
    refused: tuple[Mapping[str, Any], ...] = ()


def network_words(network: Mapping[str, Any] | None, *, is_open: bool) -> NetworkWords | None:
    """Return what to say of a run's network; None for a run that had none.

    `is_open` tells whether the notebook could reach anything at all, also where nothing was recorded.
    """
    if network is None:
        return NetworkWords("The notebook could use the network; what it fetched is not known.") if is_open else None
    sentences = [_fetched_sentence(network)]
    if network["refused_count"]:
        sentences.append(f"{_many(network['refused_count'], 'request was', 'requests were')} refused.")
    if not network["is_confined"]:
        sentences.append("Without a sandbox it could also go past the proxy, so the list may lack something.")
    shown = [tuple(network[name][:MOST_SHOWN]) for name in ("fetched", "refused")]
    if any(network[f"{name}_count"] > MOST_SHOWN for name in ("fetched", "refused")):
        sentences.append(f"The first {MOST_SHOWN} are shown.")
    return NetworkWords(" ".join(sentences), *shown)


def shortened(network: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the record as pages need it: with as many requests as are shown; the counts are of all."""
    if network is None:
        return None
    return {**network, **{name: network[name][:MOST_SHOWN] for name in ("fetched", "refused")}}


def _fetched_sentence(network: Mapping[str, Any]) -> str:
    allowed = ", ".join(network["allowed_hosts"])
    if not network["fetched_count"]:
        return (
            f"Nothing was fetched. It could reach {allowed}." if allowed else "Nothing was fetched, and no host named."
        )
    count = _many(network["fetched_count"], "address was", "addresses were")
    return f"{count} fetched, {network['received_bytes']:,} bytes in all: the verdict rests on them as they were then."


def _many(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
