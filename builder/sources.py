"""Which Source a Repository stands for, under the rules of this installation."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.conf import settings

from builder.errors import SnapshotError
from builder.snapshot.source import Source, parse_source
from catalog.models import Repository

OWN_SCHEME: Final = "demo:"


def check_address(url: str, ref: str = "") -> Source:
    """Return the Source that an author typed. Raises SnapshotError with the cause of a refusal."""
    source = parse_source(
        f"{url}@{ref}" if ref else url,
        allowed_schemes=frozenset(settings.REPRISE_SOURCE_SCHEMES),
        allow_private=settings.REPRISE_ALLOW_PRIVATE_HOSTS,
    )
    if source.kind != "git":
        raise SnapshotError("source-malformed", source=url, reason="a DOI is not a git address")
    return source


def own_repository_path(slug: str) -> Path:
    """Where the repository of the product's own demonstration `slug` lies."""
    return Path(settings.REPRISE_DATA) / "demonstration" / slug


def source_of(repository: Repository) -> Source:
    """Return where to fetch `repository` from. The product's own are the only ones that may be files."""
    if repository.is_own and repository.url.startswith(OWN_SCHEME):
        path = own_repository_path(repository.url.removeprefix(OWN_SCHEME))
        return Source("git", f"file://{path}", repository.ref or None, "file")
    return check_address(repository.url, repository.ref)
