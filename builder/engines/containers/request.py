"""What the program that drives repo2docker is asked for, in a file between the two."""

from __future__ import annotations

import dataclasses
import json
from typing import Final

# The exit status by which it says that the repository, not the engine, is the reason.
REFUSED: Final = 2
# The lock in two files, where some of its packages have no wheel.
WHEELS: Final = "requirements-wheels.txt"
SOURCES: Final = "requirements-sources.txt"


@dataclasses.dataclass(frozen=True, slots=True)
class BuildRequest:
    """One image to build: `source` is the prepared snapshot, `arguments` are those of the engine's build command.

    `uv`, `python`, `has_sources`, `sources_as_of` and `has_pip` are for the buildpack of that name.
    """

    program: str
    source: str
    image: str
    buildpack: str
    base_image: str
    labels: dict[str, str]
    arguments: tuple[str, ...]
    appendix: str
    report: str
    uv: str = ""
    python: str = ""
    has_sources: bool = False
    sources_as_of: str = ""
    has_pip: bool = False

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> BuildRequest:
        """Return what `to_json` wrote."""
        fields = json.loads(text)
        fields["arguments"] = tuple(fields["arguments"])
        return cls(**fields)
