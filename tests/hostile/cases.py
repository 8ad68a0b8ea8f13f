"""The hostile fixtures: what each tries, and what must come of it."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

HOSTILE: Final = Path(__file__).resolve().parents[2] / "fixtures" / "hostile"


@dataclass(frozen=True)
class Case:
    """One fixture. `cause` is the id it must end with, "" where it must be accepted and do no harm.

    `reason` is a part of what the cause says. It may take `seconds`, and `memory_mib` more than before.
    """

    folder: str
    name: str
    tries: str
    by: str
    cause: str
    reason: str
    seconds: float
    memory_mib: int
    make: dict[str, Any]


def cases(folder: str, *by: str) -> list[Case]:
    """Return the fixtures of a folder, those that come in by one of these ways, in the order of their names."""
    found = []
    for path in sorted((HOSTILE / folder).glob("*/case.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        must = told["must"]
        case = Case(
            folder,
            path.parent.name,
            told["tries"],
            told["by"],
            must["cause"],
            must.get("reason", ""),
            must.get("seconds", 20),
            must.get("memory_mib", 300),
            told.get("make", {}),
        )
        if not by or case.by in by:
            found.append(case)
    return found


def content(spec: Any) -> bytes:  # noqa: ANN401 - JSON
    """Return the bytes that a fixture describes: a text, base64, or something repeated between two texts."""
    if isinstance(spec, str):
        return os.fsencode(spec)
    if "base64" in spec:
        return base64.b64decode(spec["base64"])
    before, after = (os.fsencode(spec.get(key, "")) for key in ("before", "after"))
    return before + os.fsencode(spec["repeat"]) * spec["times"] + after


def write_files(root: Path, files: dict[str, Any]) -> None:
    """Write the files that a fixture describes; {"link": TARGET} is a symbolic link."""
    for name, spec in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(spec, dict) and "link" in spec:
            path.symlink_to(spec["link"])
        elif isinstance(spec, dict) and "hard_link" in spec:
            path.hardlink_to(spec["hard_link"])
        else:
            path.write_bytes(content(spec))


@dataclass
class Outside:
    """What the attacks aim at: a directory with a file, and a listener. Nothing of it may change or be asked."""

    folder: Path
    address: str = ""
    asked: list[object] = field(default_factory=list)

    def named(self, text: str, **more: str) -> str:
        """Return a fixture's text with its places filled in."""
        for name, place in {"outside": str(self.folder), "listener": self.address, **more}.items():
            text = text.replace(f"{{{name}}}", place)
        return text

    def filled_in(self, make: dict[str, Any]) -> dict[str, Any]:
        """Return what a fixture makes with its places filled in."""
        filled: dict[str, Any] = json.loads(self.named(json.dumps(make)))
        return filled

    def is_untouched(self) -> bool:
        """Tell whether nothing was written there and nobody came."""
        left = {path.name: path.read_text() for path in self.folder.iterdir()}
        return left == {"kept": "kept canary"} and not self.asked and not Path("/tmp/reprise-was-here").exists()
