"""The packages that code was seen to need, each once, with the first place that needs it."""

from __future__ import annotations

from dataclasses import dataclass, field

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name


@dataclass(slots=True)
class _Need:
    requirement: Pep508
    place: str
    markers: set[str]


@dataclass(slots=True)
class Wanted:
    """Requirements by name: a version that code installs counts, extras add up, a need without condition stands."""

    _needs: dict[str, _Need] = field(default_factory=dict)

    def add(self, text: str, place: str, *, marker: str = "") -> None:
        """Take a requirement that `place` needs, on the Pythons of `marker` alone where there is one."""
        parsed = Pep508(text)
        name = canonicalize_name(parsed.name)
        have = self._needs.get(name)
        if have is None:
            self._needs[name] = _Need(parsed, place, {marker})
            return
        have.markers.add(marker)
        have.requirement.extras |= parsed.extras
        if parsed.specifier and not have.requirement.specifier:
            have.requirement.specifier = parsed.specifier

    def has(self, name: str) -> bool:
        """Tell whether the distribution is wanted."""
        return canonicalize_name(name) in self._needs

    def listed(self) -> list[tuple[str, str]]:
        """Return (requirement in PEP 508 form, place), sorted by name."""
        return [(_text(self._needs[name]), self._needs[name].place) for name in sorted(self._needs)]


def _text(need: _Need) -> str:
    if "" in need.markers:
        return str(need.requirement)
    markers = sorted(need.markers)
    joined = markers[0] if len(markers) == 1 else " or ".join(f"({marker})" for marker in markers)
    return f"{need.requirement}; {joined}"
