"""What an entry of the catalogue of causes is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fault = Literal["author", "upstream", "operator", "service", "visitor"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A catalogue entry: `message` and `hint` are format strings over the data of the occurrence."""

    id: str
    fault: Fault
    message: str
    hint: str
