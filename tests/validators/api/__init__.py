"""Schemathesis, an implementation that is not ours, against the API of a running server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = Path(__file__).resolve().parents[3]
# What is asked of a body that is sent goes beyond its form: a DOI is registered, a target is there, a day is to come.
_BEYOND_THE_FORM: Final = """
[[operations]]
include-method = ["POST", "PUT", "PATCH"]
checks.positive_data_acceptance.enabled = false
"""
# Whoever ends the token that is tried is nobody from then on.
_ITS_OWN_END: Final = """
[[operations]]
include-method = "DELETE"
include-path-regex = "^/api/v1/tokens?/"
enabled = false
"""

# No schema says which regular expressions are taken, nor how deep a filter may be nested and how long it may be.
_BEYOND_THE_SCHEMA: Final = """
[checks]
positive_data_acceptance.enabled = false
"""


def tried(
    url: str,
    scratch: Path,
    *,
    token: str = "",
    keys: Mapping[str, object] | None = None,
    phases: Iterable[str] = ("coverage",),
    examples: int = 5,
    seed: int = 1,
) -> subprocess.CompletedProcess[str]:
    """Try every operation of the API as it is described, and say whether all answers were as described.

    With `keys` those of the paths are about these rows, named as the path's first word.
    """
    config = _BEYOND_THE_FORM + (_ITS_OWN_END if token else "") + _about(keys or {})
    # What is about a row that is there cannot be about none.
    options = ["--mode", "positive"] if keys else []
    options += ["-H", f"Authorization: Token {token}"] if token else []
    options += ["--phases", ",".join(phases), "--max-examples", str(examples), "--seed", str(seed)]
    return _run(f"{url}/api/v1/schema/?format=json", scratch, config, options)


def tried_search(
    url: str, scratch: Path, *, pid: str = "", examples: int = 15, seed: int = 1
) -> subprocess.CompletedProcess[str]:
    """Try every operation of the PaNOSC Search API in the same way; with `pid` what is asked of one dataset.

    A filter holds filters, so that to cover each of its forms once takes for ever: only drawn ones are tried.
    """
    about = f'\n[[operations]]\ninclude-path-regex = "[{{]pid[}}]"\nparameters = {{ pid = {json.dumps(pid)} }}\n'
    options = ["--mode", "positive", "--include-path-regex", "^/Datasets/[{]pid[}]"] if pid else []
    options += ["--phases", "fuzzing", "--max-examples", str(examples), "--seed", str(seed)]
    return _run(f"{url}/panosc/api/openapi.json", scratch, _BEYOND_THE_SCHEMA + (about if pid else ""), options)


def _run(description: str, scratch: Path, config: str, options: list[str]) -> subprocess.CompletedProcess[str]:
    file = scratch / "schemathesis.toml"
    file.write_text(config)
    command = [str(_programs() / "schemathesis"), "--config-file", str(file), "run", description, *options]
    command += ["--generation-database", "none", "--no-color", "--warnings", "off"]
    command += ["--suppress-health-check", "all", "--request-timeout", "60"]
    return subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=900, check=False)


def _about(keys: Mapping[str, object]) -> str:
    """Say which row each path is about. The first that fits a path holds."""
    rows: list[tuple[str, dict[str, object]]] = []
    if {"publications", "review-links"} <= keys.keys():
        publication = {"publication": keys["publications"]}
        links = "publications/{publication}/review-links/"
        rows += [(f"{links}{{id}}/", {**publication, "id": keys["review-links"]}), (links, publication)]
    for resource, key in keys.items():
        name = "slug" if resource == "facilities" else "id"
        rows.append((f"{resource}/{{{name}}}/", {name: key}))
    return "".join(_for_path(path, parameters) for path, parameters in rows)


def _for_path(path: str, parameters: Mapping[str, object]) -> str:
    regex = json.dumps(f"^/api/v1/{path}".replace("{", "[{]"))
    values = ", ".join(f"{name} = {json.dumps(value)}" for name, value in parameters.items())
    return f"\n[[operations]]\ninclude-path-regex = {regex}\nparameters = {{ {values} }}\n"


def _programs() -> Path:
    script = PROJECT / "deploy" / "test-api.sh"
    answer = subprocess.run(["sh", str(script)], capture_output=True, text=True, timeout=600, check=False)
    if answer.returncode:
        pytest.fail(answer.stderr.strip() or "sh deploy/test-api.sh failed", pytrace=False)
    return Path(answer.stdout.strip())
