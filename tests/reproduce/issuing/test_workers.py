"""Workers that issue at the same moment: every certificate once, the log without a gap."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from catalog.models import Publication, Target
from reproduce.issuing.audit import Audit
from reproduce.issuing.issue import issue
from reproduce.models import Certificate, IssuerKey, LogEntry, TreeHead
from tests.reproduce.issuing.conftest import prove_with_environment

TARGETS = 6


@pytest.mark.django_db(transaction=True)
def test_workers_that_issue_at_once_leave_one_log(publication: Publication) -> None:
    first = publication.targets.get(slug="figure-1")
    for number in range(TARGETS):
        Target.objects.create(
            publication=publication, repository=first.repository, label=f"T {number}", slug=f"t-{number}", notebook="n"
        )
    runs = [prove_with_environment(target).pk for target in publication.targets.all()]
    errors: list[BaseException] = []

    def work(offset: int) -> None:
        try:
            for place in range(len(runs)):
                issue(runs[(place + offset) % len(runs)])
        except BaseException as error:  # noqa: BLE001 - told by the test
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(offset,)) for offset in (0, 0, 3, 5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    assert Certificate.objects.count() == LogEntry.objects.count() == TreeHead.objects.count() == len(runs)
    assert IssuerKey.objects.count() == 1
    assert list(Audit().findings()) == []
