"""Times as certificates write them: UTC, to the second, with Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from reproduce.certificates.canonical import MalformedError

_FORM: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


def written_moment(at: datetime) -> str:
    """Return an aware time in UTC, cut to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: object) -> datetime:
    """Return the time that `written_moment` wrote. Raises MalformedError."""
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        raise MalformedError(f"{str(text)[:40]!r} is not a time in UTC")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise MalformedError(f"{text!r} is not a time") from None
