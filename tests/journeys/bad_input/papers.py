"""What an author and a reader do with a paper, step by step, as their browsers do it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.test import Client
from django.urls import reverse

from builder.fetch import fetch
from builder.models import Snapshot
from catalog.models import Publication, Target
from reproduce.models import Run

BY_HAND = {"title": "A paper", "creators": "Olga Olsson", "published_on": "2025-06-01", "venue": ""}


@dataclass(frozen=True)
class Paper:
    """A registered paper, and the browser of its author."""

    author: Client
    doi: str

    @property
    def publication(self) -> Publication:
        return Publication.objects.get(doi=self.doi)

    @property
    def snapshot(self) -> Snapshot:
        """The newest one."""
        return Snapshot.objects.filter(repository__publication__doi=self.doi).latest("pk")

    def targets_page(self) -> str:
        answer = self.author.get(reverse("targets", args=[self.doi]))
        assert answer.status_code == 200
        return str(answer.content.decode())

    def fetch(self) -> Snapshot:
        """Do what a worker does when it is told of the newest request."""
        fetch(self.snapshot.pk)
        return self.snapshot

    def fetch_again(self) -> Snapshot:
        """Press the button, and be the worker."""
        answer = self.author.post(reverse("fetch", args=[self.doi]))
        assert answer.status_code == 302
        return self.fetch()

    def confirm(self, notebook: str, label: str = "Figure 1") -> Target:
        """Confirm one target in the form, whatever was proposed."""
        row = {"label": label, "kind": "figure", "notebook": notebook, "is_kept": "on"}
        proposed = self.publication.targets.first()
        if proposed is not None:
            row["id"] = str(proposed.pk)
        form = {f"form-0-{name}": value for name, value in row.items()}
        counts = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0"}
        answer = self.author.post(reverse("targets", args=[self.doi]), {**form, **counts})
        assert answer.status_code == 302, answer.content.decode()
        return Target.objects.get(publication=self.publication, label=label)


def type_in(author: Client, doi: str, source: str, **more: str) -> tuple[int, str]:
    """Fill in the registration form; return the status and the page."""
    answer = author.post(reverse("register"), {"doi": doi, "source_url": source, **more})
    return answer.status_code, answer.content.decode()


def register(author: Client, source: Path | str, *, doi: str = "10.5072/bad.input", ref: str = "") -> Paper:
    """Register a paper whose metadata are given by hand; its repository is not yet fetched."""
    address = f"file://{source}" if isinstance(source, Path) else source
    status, page = type_in(author, doi, address, ref=ref, **BY_HAND)
    assert status == 302, page
    return Paper(author, doi)


def click(visitor: Client, target: Target) -> UUID:
    """Press "reproduce" and return the run whose page the browser is led to."""
    answer = visitor.post(reverse("reproduce", args=[target.publication.doi, target.slug]))
    assert answer.status_code == 302, answer.content.decode()
    return Run.objects.get(pk=answer.headers["Location"].rsplit("/", 1)[-1]).pk


def run_page(visitor: Client, run_id: UUID) -> str:
    """Return the page of a run."""
    answer = visitor.get(reverse("run", args=[run_id]))
    assert answer.status_code == 200
    return str(answer.content.decode())
