"""A file that lies at an address alone is fetched when somebody asks, checked, and shown to whom its data are open."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from catalog import wake as waking
from catalog.models import AuditEntry, Dataset, Publication
from reproduce import fetch_queue
from reproduce.file_fetching import fetch_requested, sweep_fetches
from reproduce.models import FileFetch
from reproduce.preview.limits import PreviewLimits
from reproduce.preview_files import key_of
from reproduce.tasks import fetch_file
from tests.catalog.local_host import LocalHost, local_host
from tests.reproduce.preview.files import write_scan

DOI = "10.5072/far"
PATH = "raw/scan.nxs"
LIMITS = PreviewLimits(2, 2**30, 60, 2**20, fetch_bytes=2**20, fetch_seconds=30, fetched_bytes=2**21)


@pytest.fixture
def host(settings: Settings, tmp_path: Path) -> Iterator[LocalHost]:
    settings.REPRISE_DATA = tmp_path / "reprise"
    settings.REPRISE_ALLOW_PRIVATE_HOSTS = True
    settings.REPRISE_PREVIEW = LIMITS
    with local_host() as host:
        yield host


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return write_scan(tmp_path / "scan.nxs").read_bytes()


@pytest.fixture
def dataset(publication: Publication, host: LocalHost, content: bytes) -> Dataset:
    host.answers["/scan.nxs"] = (200, {}, content)
    entry = {"path": PATH, "url": f"{host.url}/scan.nxs", "sha256": hashlib.sha256(content).hexdigest()}
    dataset = Dataset.objects.create(doi=DOI, title="A scan", access="open", files=[entry])
    publication.datasets.add(dataset)
    return dataset


def page() -> str:
    return reverse("preview", args=[DOI, key_of(PATH)])


def ask(client: Client) -> Any:  # noqa: ANN401 - the answer of Django's test client
    return client.post(reverse("preview-fetch", args=[DOI, key_of(PATH)]))


def change(dataset: Dataset, **fields: object) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(files=[{**dataset.files[0], **fields}])


def fetched(client: Client) -> FileFetch:
    """Ask for the file, and do what the worker would."""
    ask(client)
    fetch_requested(FileFetch.objects.get().pk)
    return FileFetch.objects.get()


def reason(fetch: FileFetch) -> str:
    assert fetch.state == FileFetch.State.FAILED
    return str(fetch.cause["message"])


def kept(settings: Settings) -> list[Path]:
    folder = Path(settings.REPRISE_DATA) / "previews"
    return [path for path in folder.rglob("*") if path.is_file() and path.parent.name in ("fetched", "incoming")]


def test_a_file_is_fetched_when_asked_for_and_then_looked_into(
    dataset: Dataset, owner: Client, anonymous: Client, host: LocalHost
) -> None:
    before = anonymous.get(page())
    assert (before.status_code, "Fetch for the preview" in before.content.decode()) == (503, True)
    assert host.paths == []
    assert ask(owner).url == page()
    assert "It is asked for at 127.0.0.1" in owner.get(page()).content.decode()
    fetch_requested(FileFetch.objects.get().pk)
    after = anonymous.get(page())
    assert (after.status_code, "/entry/data/counts" in after.content.decode()) == (200, True)
    assert "Fetch" not in after.content.decode()
    assert host.paths == ["/scan.nxs"]


def test_the_page_of_the_dataset_leads_to_the_page_that_offers_it(dataset: Dataset, anonymous: Client) -> None:
    shown = anonymous.get(f"/doi/{DOI}").content.decode()
    assert f'href="{page()}"' in shown
    assert "preview.png" not in shown


def test_it_is_asked_for_once_and_put_into_the_audit_log(
    dataset: Dataset, owner: Client, curator: Client, host: LocalHost
) -> None:
    for client in (owner, curator, owner):
        assert ask(client).status_code == 302
    entry = AuditEntry.objects.get(action="preview.fetch")
    assert (entry.account, entry.subject, entry.doi) == ("olga", f"{DOI}/{PATH}", DOI)
    fetch_requested(FileFetch.objects.get().pk)
    fetch_requested(FileFetch.objects.get().pk)
    ask(owner)
    assert (FileFetch.objects.get().state, host.paths) == ("done", ["/scan.nxs"])


def test_a_worker_is_told_when_it_is_committed(
    dataset: Dataset,
    owner: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:
    told: list[object] = []
    monkeypatch.setattr(fetch_queue, "wake", lambda _task, key: told.append(key))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture of pytest-django
        ask(owner)
    assert told == [FileFetch.objects.get().pk]


def test_who_may_not_run_is_led_to_the_login(dataset: Dataset, anonymous: Client, settings: Settings) -> None:
    settings.REPRISE_ANONYMOUS_RUNS = False
    assert "Log in to fetch it" in anonymous.get(page()).content.decode()
    assert ask(anonymous).url.startswith(reverse("login"))
    assert not FileFetch.objects.exists()


def test_a_visitor_asks_as_often_as_for_runs(dataset: Dataset, anonymous: Client, settings: Settings) -> None:
    settings.REPRISE_ANONYMOUS_RATE = "1/h"
    assert [ask(anonymous).status_code for _ in range(2)] == [302, 429]


def test_what_is_closed_is_fetched_for_and_shown_to_those_alone_who_may_see_it(
    dataset: Dataset, owner: Client, stranger: Client, anonymous: Client
) -> None:
    Dataset.objects.update(access="embargoed")
    assert [ask(client).status_code for client in (stranger, anonymous)] == [404, 404]
    fetched(owner)
    assert [client.get(page()).status_code for client in (owner, stranger, anonymous)] == [200, 404, 404]


def test_what_one_dataset_was_given_is_not_shown_for_another(
    dataset: Dataset, publication: Publication, owner: Client
) -> None:
    fetched(owner)
    other = Dataset.objects.create(doi="10.5072/other", title="Other", access="open", files=dataset.files)
    publication.datasets.add(other)
    assert owner.get(reverse("preview", args=[other.doi, key_of(PATH)])).status_code == 503


@pytest.mark.parametrize("fields", [{"sha256": "0" * 64}, {"sha256": "", "md5": "0" * 32}], ids=["sha256", "md5"])
def test_what_has_another_checksum_is_not_kept(
    dataset: Dataset, owner: Client, settings: Settings, fields: dict[str, str]
) -> None:
    change(dataset, **fields)
    assert "another checksum than its dataset lists" in reason(fetched(owner))
    assert kept(settings) == []
    assert "another checksum than its dataset lists" in owner.get(page()).content.decode()


def test_what_is_of_another_size_is_not_kept(dataset: Dataset, owner: Client, settings: Settings) -> None:
    change(dataset, size_bytes=17)
    assert "and its dataset lists 17" in reason(fetched(owner))
    assert kept(settings) == []


def test_an_md5_in_the_form_of_repositories_will_do(dataset: Dataset, owner: Client, content: bytes) -> None:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    change(dataset, sha256="", checksum=f"md5:{digest}")
    assert fetched(owner).state == FileFetch.State.DONE
    assert owner.get(page()).status_code == 200


def test_what_is_larger_than_allowed_is_cut_off(dataset: Dataset, owner: Client, host: LocalHost) -> None:
    host.answers["/scan.nxs"] = (200, {}, bytes(2**20 + 1))
    assert "larger than the 1 MB that are accepted" in reason(fetched(owner))


def test_another_status_is_told_and_it_may_be_tried_again(
    dataset: Dataset, owner: Client, host: LocalHost, content: bytes
) -> None:
    host.answers["/scan.nxs"] = [(403, {}, b"no"), (200, {}, content)]
    assert "127.0.0.1 answers with status 403" in reason(fetched(owner))
    assert fetched(owner).state == FileFetch.State.DONE


def test_no_private_address_is_reached(dataset: Dataset, owner: Client, host: LocalHost, settings: Settings) -> None:
    settings.REPRISE_ALLOW_PRIVATE_HOSTS = False
    fetch = fetched(owner)
    assert (fetch.state, fetch.cause["id"], host.paths) == ("failed", "address-refused", [])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sha256": ""}, "lists no checksum"),
        ({"size_bytes": 2**30}, "larger than the 1 MB allowed"),
        ({"url": "file:///etc/passwd"}, "cannot be looked into here"),
        ({"url": ["https://data.example.org/"]}, "cannot be looked into here"),
        ({"sha256": "x"}, "cannot be read"),
    ],
    ids=["no checksum", "too large", "a file's address", "a list", "a broken checksum"],
)
def test_what_cannot_be_fetched_is_not_offered_and_says_why(
    dataset: Dataset, owner: Client, fields: dict[str, object], said: str
) -> None:
    change(dataset, **fields)
    shown = owner.get(page()).content.decode()
    assert said in shown
    assert "Fetch for the preview" not in shown
    assert ask(owner).status_code == 409
    assert not FileFetch.objects.exists()


def test_where_nothing_is_to_be_fetched_nothing_is_offered(dataset: Dataset, owner: Client, settings: Settings) -> None:
    settings.REPRISE_PREVIEW = PreviewLimits(2, 2**30, 60, 2**20)
    assert "Fetch for the preview" not in owner.get(page()).content.decode()
    assert ask(owner).status_code == 409


def test_the_oldest_go_when_there_is_no_room(
    dataset: Dataset, owner: Client, settings: Settings, content: bytes
) -> None:
    fetched(owner)
    (first,) = kept(settings)
    os.utime(first, (1, 1))
    settings.REPRISE_PREVIEW = PreviewLimits(2, 2**30, 60, 2**20, 2**20, 30, fetched_bytes=len(content))
    change(dataset, url=f"{dataset.files[0]['url']}?again", sha256="", md5=hashlib.md5(content).hexdigest())
    fetched(owner)
    assert len(kept(settings)) == 1
    assert kept(settings) != [first]


def test_a_file_that_was_taken_away_is_offered_again(dataset: Dataset, owner: Client, settings: Settings) -> None:
    fetched(owner)
    kept(settings)[0].unlink()
    assert "Fetch for the preview" in owner.get(page()).content.decode()
    assert fetched(owner).state == FileFetch.State.DONE
    assert owner.get(page()).status_code == 200


def test_a_fetch_that_was_lost_with_its_worker_is_asked_for_again(
    dataset: Dataset, owner: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(waking, "wake", lambda _task, key: told.append(key) or True)
    ask(owner)
    now = timezone.now()
    FileFetch.objects.update(state=FileFetch.State.FETCHING, started_at=now)
    left = Path(settings.REPRISE_DATA) / "previews" / "incoming" / "half"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    assert sweep_fetches(fetch_file, now=now + timedelta(seconds=30)) == 0
    late = now + timedelta(seconds=31 + 3 * settings.REPRISE_LEASE_S)
    assert sweep_fetches(fetch_file, now=late) == 1
    assert (told, FileFetch.objects.get().state, left.exists()) == ([FileFetch.objects.get().pk], "requested", False)
