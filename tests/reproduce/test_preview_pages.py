"""Who may look into which file of a dataset, and what the answer says of keeping it."""

from __future__ import annotations

import fcntl
import os
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from catalog.audit import SERVICE
from catalog.models import Dataset, Publication
from catalog.review_links import issue_link
from config.errors import STATUSES as OF_THE_SERVICE
from reproduce import previewing
from reproduce.models import DataLocation
from reproduce.preview.limits import PreviewLimits
from reproduce.preview_files import key_of, preview_file
from reproduce.preview_views import STATUSES
from reproduce.previewing import preview_tree
from tests.personas import People
from tests.reproduce.preview.files import write_scan

DOI = "10.5072/scan"
PATH = "raw/scan.nxs"


@pytest.fixture
def disk(settings: Settings, tmp_path: Path) -> Path:
    disk = tmp_path / "facility" / "scan"
    (disk / "raw").mkdir(parents=True)
    write_scan(disk / PATH)
    settings.REPRISE_DATA = tmp_path / "reprise"
    settings.REPRISE_DATA_ROOTS = [str(tmp_path / "facility")]
    settings.REPRISE_PREVIEW = PreviewLimits(at_a_time=2, memory_bytes=2**30, seconds=60, kept_bytes=2**20)
    return disk


@pytest.fixture
def dataset(publication: Publication, disk: Path) -> Dataset:
    files = [{"path": PATH}, {"path": "raw/notes.txt"}]
    dataset = Dataset.objects.create(doi=DOI, title="A scan", access="open", files=files)
    publication.datasets.add(dataset)
    DataLocation.objects.create(dataset=DOI, path=str(disk))
    return dataset


def address(part: str = "meta", path: str = PATH, doi: str = DOI) -> str:
    return reverse("preview-h5", args=[doi, key_of(path), part])


def test_everybody_may_look_into_an_open_file(dataset: Dataset, anonymous: Client) -> None:
    answer = anonymous.get(address("data"), {"file": "/etc/passwd", "path": "/entry/title"})
    assert (answer.status_code, answer.json()) == (200, "Silica in water")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_what_did_not_change_is_not_read_again(dataset: Dataset, anonymous: Client, disk: Path) -> None:
    first = anonymous.get(address(), {"path": "/"})
    again = anonymous.get(address(), {"path": "/"}, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = anonymous.get(address(), {"path": "/entry"}, headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_a_closed_file_is_for_those_who_may_see_it_and_kept_by_no_cache_between(
    dataset: Dataset, owner: Client, anonymous: Client, stranger: Client
) -> None:
    Dataset.objects.update(access="embargoed")
    assert owner.get(address()).status_code == 200
    assert owner.get(address()).headers["Cache-Control"] == "private, no-cache"
    assert [client.get(address()).status_code for client in (anonymous, stranger)] == [404, 404]


def test_nobody_else_learns_of_a_file_behind_a_draft(dataset: Dataset, owner: Client, anonymous: Client) -> None:
    Publication.objects.update(state=Publication.State.DRAFT)
    assert [client.get(address()).status_code for client in (owner, anonymous)] == [200, 404]


def test_a_file_that_the_dataset_does_not_list_is_none_of_it(dataset: Dataset, owner: Client, disk: Path) -> None:
    write_scan(disk / "other.nxs")
    assert owner.get(address(path="other.nxs")).status_code == 404
    assert owner.get(address(path="raw/notes.txt")).status_code == 404
    assert owner.get(address(doi="10.5072/other")).status_code == 404


def test_a_dataset_without_a_list_has_the_files_that_lie_there(dataset: Dataset, owner: Client) -> None:
    Dataset.objects.update(files=[])
    assert owner.get(address()).status_code == 200


def test_a_file_that_lies_elsewhere_is_not_fetched_but_said_to_be_there(dataset: Dataset, anonymous: Client) -> None:
    DataLocation.objects.all().delete()
    answer = anonymous.get(address())
    assert (answer.status_code, answer.json()["cause"]["id"]) == (503, "preview-not-here")
    assert "manage.py data add" in answer.json()["message"]


def test_a_link_out_of_the_dataset_is_not_followed(dataset: Dataset, anonymous: Client, disk: Path) -> None:
    secret = write_scan(disk.parent / "secret.nxs")
    (disk / PATH).unlink()
    (disk / PATH).symlink_to(secret)
    answer = anonymous.get(address())
    assert (answer.status_code, answer.json()["cause"]["id"]) == (503, "preview-not-here")


def test_a_file_of_another_size_than_its_list_says_is_not_shown(dataset: Dataset, anonymous: Client) -> None:
    Dataset.objects.update(files=[{"path": PATH, "size_bytes": 17}])
    assert "of another size" in anonymous.get(address()).json()["message"]


def test_what_cannot_be_asked_is_told_with_what_can(dataset: Dataset, anonymous: Client) -> None:
    missing = anonymous.get(address(), {"path": "/nope"})
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")
    assert "/nope is not a valid path in scan.nxs" in missing.json()["message"]
    form = anonymous.get(address("data"), {"path": "/scalar", "format": "exe"})
    assert (form.status_code, form.json()["cause"]["id"]) == (422, "preview-unreadable")


def test_numbers_come_as_bytes_and_as_files(dataset: Dataset, anonymous: Client) -> None:
    path = "/entry/instrument/detector/stack"
    told = anonymous.get(address("data"), {"path": path, "format": "bin", "dtype": "safe", "flatten": "true"})
    assert (told.headers["Content-Type"], len(told.content)) == ("application/octet-stream", 4 * 6 * 5 * 4)
    saved = anonymous.get(address("data"), {"path": path, "format": "npy"})
    assert saved.headers["Content-Disposition"] == 'attachment; filename="scan.nxs.npy"'


def test_a_picture_is_drawn_once_and_kept(dataset: Dataset, anonymous: Client, disk: Path, settings: Settings) -> None:
    address = reverse("preview-picture", args=[DOI, key_of(PATH)])
    drawn = anonymous.get(address)
    assert (drawn.status_code, drawn.headers["Content-Type"]) == (200, "image/png")
    assert Image.open(BytesIO(drawn.content)).size == (640, 420)
    settings.REPRISE_PREVIEW = PreviewLimits(at_a_time=0, memory_bytes=2**30, seconds=60, kept_bytes=2**20)
    assert anonymous.get(address).content == drawn.content
    assert anonymous.get(address, headers={"If-None-Match": drawn.headers["ETag"]}).status_code == 304


def test_pictures_are_kept_while_there_is_room(dataset: Dataset, anonymous: Client, settings: Settings) -> None:
    folder = Path(settings.REPRISE_DATA) / "previews" / "pictures"
    folder.mkdir(parents=True)
    (folder / "old.png").write_bytes(bytes(2**20))
    os.utime(folder / "old.png", (0, 0))
    assert anonymous.get(reverse("preview-picture", args=[DOI, key_of(PATH)])).status_code == 200
    assert [path.name == "old.png" for path in folder.iterdir()] == [False]


def test_no_more_are_looked_into_than_are_allowed(dataset: Dataset, anonymous: Client, settings: Settings) -> None:
    settings.REPRISE_PREVIEW = PreviewLimits(at_a_time=0, memory_bytes=2**30, seconds=60, kept_bytes=0)
    answer = anonymous.get(address())
    assert (answer.status_code, answer.json()["cause"]["id"]) == (503, "preview-not-here")


def test_a_refusal_has_the_status_that_its_cause_has_everywhere() -> None:
    assert {name: OF_THE_SERVICE[name] for name in STATUSES} == STATUSES


def test_the_tree_of_a_file_tells_kinds_shapes_units_and_the_default(dataset: Dataset, people: People) -> None:
    tree = preview_tree(preview_file(people.reader, DOI, key_of(PATH))[1])
    named = {node.path: node for node in tree.nodes}
    assert (tree.default, tree.is_cut) == ("/entry/data", False)
    counts = named["/entry/data/counts"]
    assert (counts.kind, counts.shape, counts.dtype, counts.units, counts.depth) == (
        "dataset",
        (64,),
        "float64",
        "1/cm",
        3,
    )
    assert named["/entry"].nx_class == "NXentry"
    assert (named["/linked"].kind, named["/linked"].target) == ("soft_link", "/entry/data/counts")
    assert named["/words"].dtype == "text"
    assert {"/again/q", "/entry/data/q"} <= set(named)


def test_who_comes_when_all_places_are_taken_is_asked_to_come_again(
    dataset: Dataset, anonymous: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing, "WAIT_S", 0.0)
    turns = Path(settings.REPRISE_DATA) / "previews" / "turns"
    turns.mkdir(parents=True)
    held = [(turns / str(number)).open("w") for number in range(2)]
    for one in held:
        fcntl.flock(one, fcntl.LOCK_EX)
    busy = anonymous.get(address())
    for one in held:
        one.close()
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "5")
    assert anonymous.get(address()).status_code == 200


def test_a_review_link_opens_no_file(dataset: Dataset, publication: Publication, anonymous: Client) -> None:
    Publication.objects.update(state=Publication.State.DRAFT)
    now = timezone.now()
    _, secret = issue_link(publication, name="a", days=9, further=[], scan={}, now=now, issued_by=None, by=SERVICE)
    assert anonymous.get(reverse("review", args=[secret])).status_code == 200
    assert anonymous.get(address()).status_code == 404
    assert anonymous.get(f"{reverse('review', args=[secret])}{address()}").status_code == 404
