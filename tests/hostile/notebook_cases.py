"""The hostile notebooks of fixtures/hostile: what each tries, and what must happen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

FIXTURES: Final = Path(__file__).resolve().parents[2] / "fixtures" / "hostile"
NOTEBOOKS: Final = FIXTURES / "notebooks"
STATUSES: Final = (
    *("completed", "cell-raised", "cell-timeout", "run-timeout", "out-of-memory", "out-of-disk", "out-of-output"),
    *("kernel-died", "kernel-not-started"),
)
GROUPS: Final = ("files", "links", "network", "processes", "exhaustion", "messages", "evidence")
_TEXTS: Final = {"type": "array", "items": {"type": "string"}}
_OTHERWISE: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["because", "parameters"],
    "properties": {"because": {"type": "string", "pattern": r"^[A-Z].{20,200}\.$"}, "parameters": {"type": "object"}},
}
_LIMITS: Final = ("cell_timeout_s", "run_timeout_s", "memory_bytes", "processes", "open_files")

CASE_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["group", "tries", "status", "verdict"],
    "properties": {
        "group": {"enum": GROUPS},
        "tries": {"type": "string", "pattern": r"^[A-Z].{20,200}\.$"},
        "status": {"enum": STATUSES},
        "verdict": {"enum": ["identical", "reproduced", "differs", "failed", None]},
        "cause": {"type": "string"},
        "reason": {"type": "string", "description": "words in the limit, name or text of what ended the run"},
        "within_s": {"type": "number", "maximum": 40},
        "times": {"type": "integer", "minimum": 1, "maximum": 3, "description": "how often it is run"},
        "limits": {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: {"type": "number"} for name in (*_LIMITS, "output_bytes", "scratch_bytes")},
        },
        "parameters": {"type": "object"},
        "under": {
            "description": "what is other in a sandbox of this kind, and why",
            "type": "object",
            "additionalProperties": False,
            "properties": {"container": _OTHERWISE},
        },
        "output_files": _TEXTS,
        "keeps": {**_TEXTS, "description": "the output files that are kept, no other"},
        "shows": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "text of a cell's outputs",
        },
        "hides": {**_TEXTS, "description": "what stands in no file of the evidence"},
        "hides_output": {**_TEXTS, "description": "what stands in no output of the executed notebook, written as JSON"},
        "updated_by": {"type": "object", "additionalProperties": _TEXTS, "description": "which cells changed a cell"},
    },
    "if": {"properties": {"status": {"const": "completed"}}},
    "else": {"required": ["cause"], "properties": {"verdict": {"const": "failed"}}},
}


def case_names() -> list[str]:
    """The names of all cases."""
    return sorted(path.name for path in NOTEBOOKS.iterdir())


def read_case(name: str) -> dict[str, Any]:
    """What must happen in one case."""
    case: dict[str, Any] = json.loads((NOTEBOOKS / name / "case.json").read_text(encoding="utf-8"))
    return case
