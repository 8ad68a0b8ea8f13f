"""From a target's word on data to a run that reads them beside itself, and to what its pages and statement say."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import nbformat
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pytest_django import Settings

from builder.engines.protocol import BuiltEnvironment, Lock, Package
from builder.models import Build
from builder.prepare import Prepared
from catalog.models import Dataset, Evidence, Facility, Target
from reproduce import execute as executing
from reproduce.data_locations import mounts_of
from reproduce.errors import RunError
from reproduce.execute import execute
from reproduce.models import DataLocation, Run
from reproduce.record import read_statement
from tests.evidence import LOCK, make_environment
from tests.personas import People, api_client

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.django_db(transaction=True)]
DOI = "10.5072/scan"
SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"


@dataclass
class Place:
    """A facility's disk with one dataset, and a paper's repository."""

    disk: Path
    snapshot: Path
    target: Target
    dataset: Dataset

    def notebook(self, code: str, output: str) -> None:
        """Write the published notebook."""
        cell = new_code_cell(code, execution_count=1, outputs=[new_output("stream", text=output)])
        nbformat.write(new_notebook(cells=[cell]), self.snapshot / self.target.notebook)

    def say(self, **fields: object) -> Target:
        """Change the target."""
        Target.objects.filter(pk=self.target.pk).update(**fields)
        self.target.refresh_from_db()
        return self.target


@pytest.fixture
def place(target: Target, settings: Settings, tmp_path: Path) -> Place:
    disk, snapshot = tmp_path / "facility" / "scan", tmp_path / "snapshot"
    (disk / "raw").mkdir(parents=True)
    snapshot.mkdir()
    (disk / "raw" / "one.txt").write_text("17\n")
    (disk / "two.txt").write_text("18\n")
    settings.REPRISE_DATA = tmp_path / "reprise"
    settings.REPRISE_DATA_ROOTS = [str(tmp_path / "facility")]
    dataset = Dataset.objects.create(
        doi=DOI,
        title="A scan",
        access="open",
        files=[
            {"path": "raw/one.txt", "size_bytes": 3, "sha256": hashlib.sha256(b"17\n").hexdigest()},
            {"path": "two.txt", "size_bytes": 3, "checksum": f"md5:{hashlib.md5(b'18' + bytes([10])).hexdigest()}"},
        ],
    )
    target.publication.datasets.add(dataset)
    made = Place(disk, snapshot, target, dataset)
    made.say(notebook="figure.ipynb", data=[{"dataset": DOI, "at": "data/scan", "part": ""}])
    return made


@pytest.fixture
def located(place: Place) -> Place:
    DataLocation.objects.create(dataset=DOI, path=str(place.disk))
    return place


@pytest.fixture
def reproduced(place: Place, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Run]:
    """Execute a run with this project's own Python as the environment."""

    def prepare(build: Build, **_: object) -> Prepared:
        lock = Lock(LOCK, "0" * 64, "3.11", datetime(2020, 4, 1, tzinfo=UTC), (Package("numpy", "1.18.2"),), ())
        built = BuiltEnvironment(
            "local",
            "e" * 64,
            Path(sys.prefix),
            "3.11.0",
            "python",
            (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
            (Path(sys.prefix), Path(sys.base_prefix)),
            lock,
            ("requirements.txt",),
            False,
            1.0,
        )
        return Prepared(make_environment(build.snapshot, approximations=[]), built, build)

    def run() -> Run:
        snapshot = place.target.repository.snapshots.get()
        snapshot.path = str(place.snapshot)
        monkeypatch.setattr(executing, "ready_snapshot", lambda _, **_words: snapshot)
        monkeypatch.setattr(executing, "prepare", prepare)
        made = Run.objects.create(target=place.target, reason=Run.Reason.CLICK)
        execute(made.pk)
        made.refresh_from_db()
        return made

    return run


READ = "print(sum(int(open(f'data/scan/{name}').read()) for name in ('raw/one.txt', 'two.txt')))"


@pytest.mark.real
def test_a_run_reads_data_beside_itself_and_its_verdict_says_which(
    located: Place, reproduced: Callable[[], Run], anonymous: Client
) -> None:
    located.notebook(READ, "35\n")
    run = reproduced()
    assert (run.verdict, run.cause) == ("identical", None)
    (told,) = run.data
    assert (told["dataset"], told["at"], told["files"]) == (DOI, "data/scan", 2)
    assert told["checked"] == {"sha256": 1, "md5": 1, "size": 0, "nothing": 0}
    statement = read_statement(run)
    schema = json.loads((SCHEMAS / "reproduction.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(statement)
    assert statement is not None
    assert statement["notebooks"][0]["data"] == run.data
    page = anonymous.get(run.target.get_absolute_url()).content.decode()
    assert "1 by SHA-256, 1 by MD5" in page
    assert str(located.disk) not in page + json.dumps(statement) + json.dumps(run.sandbox)
    shown = api_client(None).get(f"/api/v1/runs/{run.pk}/").json()
    assert shown["data"] == run.data


@pytest.mark.real
@pytest.mark.parametrize(
    ("damage", "cause"),
    [("remove", "data-missing"), ("change", "data-changed")],
)
def test_data_that_are_gone_or_changed_make_the_work_unavailable_with_a_cause_that_names_the_file(
    located: Place, reproduced: Callable[[], Run], damage: str, cause: str
) -> None:
    located.notebook(READ, "35\n")
    file = located.disk / "raw" / "one.txt"
    if damage == "remove":
        file.unlink()
    else:
        file.write_text("71\n")
    run = reproduced()
    assert (run.verdict, run.cause["id"], run.cause["fault"]) == ("unavailable", cause, "upstream")
    assert "raw/one.txt" in run.cause["message"]
    assert Evidence.objects.get(target=run.target).verdict == "unavailable"


@pytest.mark.real
def test_data_without_a_location_are_no_verdict_on_the_work(place: Place, reproduced: Callable[[], Run]) -> None:
    place.notebook(READ, "35\n")
    run = reproduced()
    assert (run.verdict, run.cause["id"], run.cause["fault"]) == (None, "data-not-here", "operator")
    assert not Evidence.objects.exists()


@pytest.mark.real
def test_data_in_the_place_of_the_repositorys_own_files_are_no_verdict(
    located: Place, reproduced: Callable[[], Run]
) -> None:
    located.notebook(READ, "35\n")
    (located.snapshot / "data" / "scan").mkdir(parents=True)
    (located.snapshot / "data" / "scan" / "mine.txt").write_text("mine")
    run = reproduced()
    assert (run.verdict, run.cause["id"]) == (None, "data-place-taken")
    assert "mine.txt" in run.cause["message"]


@pytest.mark.real
@pytest.mark.parametrize(
    ("published", "verdict"),
    [
        ("q,i\n0.1,17.25431\n", "identical"),
        ("q,i\n0.1,17.25432\n", "reproduced"),
        ("q,i\n0.1,19.0\n", "differs"),
        (None, "identical"),
    ],
)
def test_declared_output_files_count_for_the_verdict_where_the_repository_holds_them(
    place: Place, reproduced: Callable[[], Run], anonymous: Client, published: str | None, verdict: str
) -> None:
    code = (
        "import os\nos.makedirs('out', exist_ok=True)\nopen('out/t.csv', 'w').write('q,i\\n0.1,17.25431\\n')\nprint(1)"
    )
    place.notebook(code, "1\n")
    place.say(data=[], output_files=["out/*.csv"])
    if published is not None:
        (place.snapshot / "out").mkdir()
        (place.snapshot / "out" / "t.csv").write_text(published)
    run = reproduced()
    assert run.verdict == verdict, run.cause
    (file,) = run.comparison["files"]
    assert (file["path"], file["artefact"]) == ("out/t.csv", "files/out/t.csv")
    page = anonymous.get(f"/runs/{run.pk}").content.decode()
    assert f"/runs/{run.pk}/artefacts/files/out/t.csv?download" in page
    answer = anonymous.get(f"/runs/{run.pk}/artefacts/files/out/t.csv?download")
    assert answer.content == b"q,i\n0.1,17.25431\n"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="t.csv"'
    statement = read_statement(run)
    schema = json.loads((SCHEMAS / "reproduction.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(statement)
    report = anonymous.get(f"/runs/{run.pk}/artefacts/report.html").content.decode()
    assert "out/t.csv" in report


@pytest.mark.real
def test_a_declared_file_that_the_repository_holds_and_the_run_did_not_write_is_missing(
    place: Place, reproduced: Callable[[], Run]
) -> None:
    place.notebook("print(1)", "1\n")
    (place.snapshot / "t.csv").write_text("1\n")
    place.say(data=[], output_files=["t.csv"])
    run = reproduced()
    assert (run.verdict, run.cause["id"]) == ("differs", "outputs-missing")


@pytest.mark.real
def test_files_that_nobody_declared_are_listed(place: Place, reproduced: Callable[[], Run], anonymous: Client) -> None:
    place.notebook("open('side.txt', 'w').write('x')\nprint(1)", "1\n")
    place.say(data=[])
    run = reproduced()
    assert [row["path"] for row in run.written["files"]] == ["side.txt"]
    assert "side.txt" in anonymous.get(f"/runs/{run.pk}").content.decode()


def test_an_author_names_data_of_the_publication_alone(place: Place, people: People) -> None:
    api = api_client(people.owner)
    path = f"/api/v1/targets/{place.target.pk}/"
    Dataset.objects.create(doi="10.5072/secret", title="Not theirs")
    answer = api.patch(path, {"data": [{"dataset": "10.5072/secret", "at": "data"}]}, format="json")
    assert (answer.status_code, answer.json()["cause"]["id"]) == (400, "dataset-not-linked")
    answer = api.patch(path, {"data": [{"dataset": f"https://doi.org/{DOI.upper()}", "at": "$SCAN"}]}, format="json")
    assert answer.json()["data"] == [{"dataset": DOI, "at": "$SCAN", "part": ""}]


@pytest.mark.parametrize("at", ["../x", "/etc", "/opt/data", "/data/../etc", "$PATH", "a\nb", "", "C:\\x", "data/.git"])
def test_a_place_that_cannot_be_is_refused(place: Place, people: People, at: str) -> None:
    path = f"/api/v1/targets/{place.target.pk}/"
    answer = api_client(people.owner).patch(path, {"data": [{"dataset": DOI, "at": at}]}, format="json")
    assert answer.status_code == 400


@pytest.mark.parametrize("pattern", ["../x.csv", "/etc/passwd", "a/../b", "a\0b", "[a-z].csv"])
def test_an_output_file_that_cannot_be_is_refused(place: Place, people: People, pattern: str) -> None:
    path = f"/api/v1/targets/{place.target.pk}/"
    answer = api_client(people.owner).patch(path, {"output_files": [pattern]}, format="json")
    assert answer.status_code == 400


def test_other_data_are_another_claim(place: Place, people: People) -> None:
    before = place.target.claim
    api_client(people.owner).patch(f"/api/v1/targets/{place.target.pk}/", {"data": []}, format="json")
    place.target.refresh_from_db()
    assert place.target.claim != before


def test_the_form_takes_data_and_files_one_a_line(place: Place, owner: Client) -> None:
    form = owner.get(f"/targets/{place.target.publication.doi}").context["formset"]
    assert form.forms[0].initial["data"] == f"{DOI} at data/scan"
    rows: dict[str, Any] = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1"}
    row = {
        **form.forms[0].initial,
        "data": f"two.txt of {DOI} at two.txt\n{DOI} at /data/x",
        "output_files": "out/*.csv",
    }
    rows |= {f"form-0-{name}": value for name, value in row.items() if value is not None}
    rows["form-0-is_kept"] = "on"
    answer = owner.post(f"/targets/{place.target.publication.doi}", rows)
    assert answer.status_code == 302, answer.content.decode()
    place.target.refresh_from_db()
    assert place.target.output_files == ["out/*.csv"]
    assert [one["part"] for one in place.target.data] == ["two.txt", ""]
    rows["form-0-data"] = "10.5072/secret at data"
    answer = owner.post(f"/targets/{place.target.publication.doi}", rows)
    assert answer.status_code == 422
    assert "is not a dataset of this publication" in answer.content.decode()
    rows["form-0-data"] = "nonsense"
    answer = owner.post(f"/targets/{place.target.publication.doi}", rows)
    assert "write it as DOI at PLACE" in answer.content.decode()


def refusal_of(place: Place) -> str:
    with pytest.raises(RunError) as refusal:
        mounts_of(place.target)
    assert str(place.disk) not in refusal.value.cause.message
    return refusal.value.cause.message


def test_data_are_shown_below_the_operators_roots_alone(located: Place, settings: Settings, tmp_path: Path) -> None:
    assert mounts_of(located.target)[0].here == str(located.disk)
    settings.REPRISE_DATA_ROOTS = [str(tmp_path / "other")]
    assert "outside" in refusal_of(located)
    settings.REPRISE_DATA_ROOTS = []
    assert "outside" in refusal_of(located)


def test_a_link_out_of_the_roots_is_not_followed(located: Place, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (located.disk.parent / "link").symlink_to(tmp_path / "outside")
    DataLocation.objects.update(path=str(located.disk.parent / "link"))
    assert "outside" in refusal_of(located)


def test_what_the_service_keeps_is_never_shown(located: Place, settings: Settings, tmp_path: Path) -> None:
    settings.REPRISE_DATA_ROOTS = ["/"]
    (tmp_path / "reprise" / "artefacts").mkdir(parents=True)
    for path in (tmp_path / "reprise" / "artefacts", tmp_path):
        DataLocation.objects.update(path=str(path))
        assert "own files" in refusal_of(located)


def test_a_dataset_that_is_no_longer_linked_is_not_shown(located: Place) -> None:
    located.target.publication.datasets.clear()
    assert "not a dataset of this publication" in refusal_of(located)


def test_one_location_serves_all_open_datasets_whose_dois_begin_alike(place: Place) -> None:
    DataLocation.objects.create(dataset="10.5072/*", path=str(place.disk.parent))
    assert mounts_of(place.target)[0].here == str(place.disk)
    DataLocation.objects.update(path=f"{place.disk.parent}/sc*")
    Dataset.objects.filter(pk=place.dataset.pk).update(doi="10.5072/an")
    place.say(data=[{"dataset": "10.5072/an", "at": "data"}])
    assert mounts_of(place.target)[0].here == str(place.disk)
    Dataset.objects.update(access="restricted")
    place.target.publication.refresh_from_db()
    assert "no location" in refusal_of(place)


@pytest.mark.parametrize("rest", ["../secret", "a/../../b"])
def test_a_doi_leads_to_no_other_directory(place: Place, rest: str) -> None:
    DataLocation.objects.create(dataset="10.5072/*", path=str(place.disk.parent))
    Dataset.objects.filter(pk=place.dataset.pk).update(doi=f"10.5072/{rest}")
    place.target.data = []
    assert mounts_of(place.target) == ()
    dataset = Dataset.objects.get()
    place.target.publication.datasets.set([dataset])
    place.target.data = [{"dataset": f"10.5072/{rest}", "at": "data"}]
    with pytest.raises(Exception, match=r"DOI|location"):
        mounts_of(place.target)


def test_a_facilitys_location_serves_its_publications_and_goes_before_a_general_one(place: Place) -> None:
    other = Facility.objects.create(name="Other", slug="other")
    (place.disk.parent / "copy").mkdir()
    own = DataLocation.objects.create(dataset=DOI, path=str(place.disk), facility=other)
    assert "no location" in refusal_of(place)
    general = DataLocation.objects.create(dataset=DOI, path=str(place.disk.parent / "copy"))
    assert mounts_of(place.target)[0].here == general.path
    DataLocation.objects.filter(pk=own.pk).update(facility=place.target.publication.facility)
    assert mounts_of(place.target)[0].here == own.path


def test_a_part_is_mounted_with_its_own_files(located: Place) -> None:
    located.say(data=[{"dataset": DOI, "at": "raw", "part": "raw"}])
    (mount,) = mounts_of(located.target)
    assert (mount.here, [file.path for file in mount.files]) == (str(located.disk / "raw"), ["one.txt"])
    located.say(data=[{"dataset": DOI, "at": "one.txt", "part": "raw/one.txt"}])
    (mount,) = mounts_of(located.target)
    assert (mount.here, [file.path for file in mount.files]) == (str(located.disk / "raw" / "one.txt"), [""])
    located.say(data=[{"dataset": DOI, "at": "one.txt", "part": "nothing"}])
    assert "has no nothing here" in refusal_of(located)


@pytest.mark.parametrize(
    "file",
    [{"path": "../x"}, {"path": "/etc/passwd"}, {"path": "a", "sha256": "xyz"}, {"path": "a", "size_bytes": -1}, {}],
)
def test_a_list_of_files_that_cannot_be_meant_is_refused(located: Place, file: dict[str, object]) -> None:
    Dataset.objects.update(files=[file])
    assert "cannot be read" in refusal_of(located)


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("data", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_operator_says_where_data_lie_and_verifies_them(place: Place) -> None:
    assert command("add", DOI.upper(), str(place.disk)).startswith(f"{DOI} lies at")
    assert DOI in command("list")
    assert "verified never" in command("list")
    assert "2 files, 6 bytes as listed (sha256 1, md5 1)" in command("verify")
    assert json.loads(command("list", "--json"))[0]["verified_at"] is not None
    (place.disk / "two.txt").write_text("19\n")
    with pytest.raises(CommandError):
        command("verify", DOI)
    command("remove", DOI)
    assert command("list") == ""
    with pytest.raises(CommandError):
        command("remove", DOI)


@pytest.mark.parametrize("dataset", ["nonsense", "*", "10.5072*"])
def test_a_location_of_no_dataset_is_refused(place: Place, dataset: str) -> None:
    with pytest.raises(CommandError):
        command("add", dataset, str(place.disk))


def test_a_location_outside_of_the_roots_is_refused(place: Place, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    for path in (tmp_path / "outside", place.disk / "absent", "relative"):
        with pytest.raises(CommandError):
            command("add", DOI, str(path))
    assert not DataLocation.objects.exists()


def test_the_files_of_a_dataset_are_recorded_from_disk_or_from_a_list(located: Place, tmp_path: Path) -> None:
    assert command("files", DOI) == "2 files, 6 bytes are on record\n"
    located.dataset.refresh_from_db()
    assert located.dataset.files[0] == {
        "path": "raw/one.txt",
        "size_bytes": 3,
        "sha256": hashlib.sha256(b"17\n").hexdigest(),
    }
    sums = tmp_path / "MD5SUMS"
    sums.write_text("0" * 32 + "  ./two.txt\n")
    command("files", DOI, "--checksums", str(sums))
    located.dataset.refresh_from_db()
    assert located.dataset.files == [{"path": "two.txt", "size_bytes": 3, "md5": "0" * 32}]
    sums.write_text("nonsense\n")
    with pytest.raises(CommandError):
        command("files", DOI, "--checksums", str(sums))


def test_the_admin_takes_what_the_settings_allow(place: Place, client: Client, people: People, tmp_path: Path) -> None:
    people.curator.is_staff = people.curator.is_superuser = True
    people.curator.save()
    client.force_login(people.curator)
    (tmp_path / "outside").mkdir()
    answer = client.post("/admin/reproduce/datalocation/add/", {"dataset": DOI, "path": str(tmp_path / "outside")})
    assert answer.status_code == 200
    answer = client.post("/admin/reproduce/datalocation/add/", {"dataset": DOI, "path": str(place.disk)})
    assert answer.status_code == 302
    assert DataLocation.objects.get().dataset == DOI
