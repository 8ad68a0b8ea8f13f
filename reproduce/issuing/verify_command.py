"""What manage.py verify does: read files, verify, say it in sentences, and return the exit code. Uses no network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from reproduce.certificates.canonical import MalformedError, read_json
from reproduce.certificates.issuer import read_issuer
from reproduce.certificates.material import Check, Material, read_material
from reproduce.certificates.verify import EXIT_CODES, OUTCOME_WORDS, outcome_of, verify
from reproduce.issuing.verification import with_own_knowledge
from reproduce.verdicts import EXIT_USAGE

_MARKS: Final = {"passed": "ok", "failed": "WRONG", "lapsed": "lapsed", "not-checked": "-"}
_MOST_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, all by paths of files."""

    certificate: Path
    issuer: Path | None = None
    artefacts: Path | None = None
    head: Path | None = None
    earlier_head: Path | None = None
    consistency: Path | None = None
    status_lists: tuple[Path, ...] = ()
    is_json: bool = False


def verify_files(
    request: Request, *, now: datetime, say: Callable[[str], object], complain: Callable[[str], object]
) -> int:
    """Verify what the files hold, say the checks line by line, and return the exit code.

    It is 64 for a file that cannot be read. Raises RunError issuer-key-unusable.
    """
    try:
        material = _material(request)
    except OSError as error:
        complain(f"{error.filename} cannot be read: {error.strerror}")
        return EXIT_USAGE
    except MalformedError as error:
        checks = [Check("form", "failed", f"It cannot be read: {error}.")]
    else:
        checks = verify(material, now=now)
    outcome = outcome_of(checks)
    if request.is_json:
        rows = [{"check": one.name, "state": one.state, "sentence": one.sentence} for one in checks]
        say(json.dumps({"outcome": outcome, "checks": rows}, indent=1))
    else:
        for one in checks:
            say(f"{_MARKS[one.state]:>6}  {one.name:<12} {one.sentence}")
        say(OUTCOME_WORDS[outcome])
    return EXIT_CODES[outcome]


def _material(request: Request) -> Material:
    material = read_material(_read(request.certificate))
    lists = [_document(path) for path in request.status_lists]
    material = replace(
        material,
        head=_document(request.head) if request.head else material.head,
        lists={**material.lists, **{str(one.get("id")): one for one in lists}},
        earlier_head=_document(request.earlier_head) if request.earlier_head else None,
        consistency=_document(request.consistency) if request.consistency else None,
        artefacts=_digests(request.artefacts) if request.artefacts else None,
    )
    if request.issuer:
        return material.with_issuer(read_issuer(_document(request.issuer)))
    return with_own_knowledge(material)


def _document(path: Path) -> dict[str, Any]:
    return read_json(_read(path))


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_MOST_BYTES)


def _digests(directory: Path) -> dict[str, str]:
    """Return the digests of the files below a directory by their relative names."""
    found = {}
    # A path that is no directory is told of, and not taken for an empty one.
    next(directory.iterdir(), None)
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                found[path.relative_to(directory).as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found
