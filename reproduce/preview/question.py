"""What is asked of a file, and how the answer comes back from the program that reads it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, get_args

Part = Literal["meta", "attr", "data", "paths", "stats", "tree", "plot"]
Format = Literal["json", "bin", "npy", "csv", "tiff"]
FORMATS: Final[tuple[str, ...]] = get_args(Format)
# What a question may come to, beside an answer: the causes that say it.
Refusal = Literal["preview-missing", "preview-too-large", "preview-unreadable"]
REFUSALS: Final[tuple[str, ...]] = get_args(Refusal)


class RefusedError(Exception):
    """The file is not read so; says why, under one of REFUSALS."""

    def __init__(self, kind: Refusal, reason: str) -> None:
        self.kind = kind
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a file; the parameters are those of h5grove. `name` is what the file is called in answers."""

    part: Part
    name: str
    path: str = "/"
    selection: str | None = None
    format: Format = "json"
    dtype: str = "origin"
    is_flat: bool = False
    resolve_links: str = "only_valid"
    attributes: tuple[str, ...] | None = None

    def as_bytes(self) -> bytes:
        """Return it as the program takes it."""
        return json.dumps(dataclasses.asdict(self)).encode()

    @classmethod
    def of_bytes(cls, text: bytes) -> Self:
        """Read what `as_bytes` wrote."""
        told: dict[str, Any] = json.loads(text)
        names = told.pop("attributes")
        return cls(**told, attributes=None if names is None else tuple(names))


def as_answer(body: bytes) -> bytes:
    """Return an answer as the program prints it."""
    return b"{}\n" + body


def as_refusal(error: RefusedError) -> bytes:
    """Return a refusal as the program prints it."""
    return json.dumps({"kind": error.kind, "reason": error.reason[:500]}).encode() + b"\n"


def read_answer(printed: bytes) -> bytes:
    """Return the body of an answer. Raises RefusedError for a refusal, ValueError for what is neither."""
    head, found, body = printed.partition(b"\n")
    said = json.loads(head) if found and len(head) < 4096 else None
    if said == {}:
        return body
    if not isinstance(said, dict) or said.get("kind") not in REFUSALS:
        raise ValueError("no answer")
    raise RefusedError(said["kind"], str(said.get("reason")))
