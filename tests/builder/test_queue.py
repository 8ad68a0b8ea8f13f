"""Asking for a repository's present state."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from builder import queue
from builder.models import Snapshot
from builder.queue import request_snapshot
from catalog.models import Publication, Repository
from tests.personas import make_people, make_publication


@pytest.mark.parametrize("state", ["requested", "fetching"])
def test_a_request_under_way_serves_everybody(state: str, publication: Publication) -> None:
    repository = publication.repositories.get()
    asked = request_snapshot(repository)
    Snapshot.objects.filter(pk=asked.pk).update(state=state)
    assert request_snapshot(repository).pk == asked.pk


@pytest.mark.parametrize("state", ["failed"])
def test_after_the_end_it_is_asked_anew(state: str, publication: Publication) -> None:
    repository = publication.repositories.get()
    asked = request_snapshot(repository)
    Snapshot.objects.filter(pk=asked.pk).update(state=state)
    assert request_snapshot(repository).pk != asked.pk


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_the_same_moment_get_one_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[object] = []
    monkeypatch.setattr(queue, "wake", lambda _task, key: woken.append(key))
    repository = make_publication(make_people().owner).repositories.get()
    together = threading.Barrier(4)

    def ask(_: int) -> int:
        try:
            together.wait(timeout=10)
            return request_snapshot(Repository.objects.get(pk=repository.pk)).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(ask, range(4)))
    assert len(keys) == 1
    assert woken == list(keys)
