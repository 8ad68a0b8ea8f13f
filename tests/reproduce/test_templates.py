"""Templates: offered by authors, found at datasets of their techniques, and run on them for who may see both."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from django.contrib.auth.models import User
from django.test import Client
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pytest_django import Settings

from builder.engines.protocol import BuiltEnvironment, Lock
from builder.models import Build
from builder.prepare import Prepared
from catalog.analysis_templates import offer_as_template, templates_for
from catalog.models import (
    AnalysisTemplate,
    AuditEntry,
    Dataset,
    Evidence,
    Publication,
    Target,
    Technique,
    TechniqueAncestor,
)
from reproduce import execute as executing
from reproduce.execute import execute
from reproduce.models import DataLocation, Run
from reproduce.review.shown import runs_of
from reproduce.run_crate import crate_texts
from tests.evidence import LOCK, make_environment, make_run, prove
from tests.personas import People, api_client

OWN = "10.5072/own"
OTHER = "10.5072/other"
SOURCE = 'filename = "raw/one.txt"\nscale = 1\nprint(scale * int(open("../data/" + filename).read()))'


@dataclass
class Site:
    """A target that reads its own dataset, and another dataset of a narrower technique on the facility's disk."""

    target: Target
    other: Dataset
    disk: Path
    page: str


def file_of(path: str, text: str) -> dict[str, Any]:
    return {"path": path, "size_bytes": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def broader_and_narrower() -> tuple[Technique, Technique]:
    broad, narrow = (Technique.objects.create(name=name) for name in ("broad scattering", "narrow scattering"))
    TechniqueAncestor.objects.bulk_create(
        TechniqueAncestor(technique=one, ancestor=above)
        for one, above in ((broad, broad), (narrow, narrow), (narrow, broad))
    )
    return broad, narrow


@pytest.fixture
def site(target: Target, settings: Settings, tmp_path: Path) -> Site:
    settings.REPRISE_DATA = tmp_path / "reprise"
    settings.REPRISE_DATA_ROOTS = [str(tmp_path / "facility")]
    snapshot, disk = tmp_path / "snapshot", tmp_path / "facility" / "other"
    (snapshot / "notebooks").mkdir(parents=True)
    (disk / "scans").mkdir(parents=True)
    (disk / "scans" / "two.txt").write_text("21\n")
    (disk / "readme.md").write_text("x")
    cell = new_code_cell(SOURCE, execution_count=1, outputs=[new_output("stream", text="17\n")])
    notebook = new_notebook(cells=[cell])
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, snapshot / "notebooks" / "figure-1.ipynb")
    target.repository.snapshots.update(path=str(snapshot))
    own = Dataset.objects.create(doi=OWN, title="Its own", access="open", files=[file_of("raw/one.txt", "17\n")])
    other = Dataset.objects.create(doi=OTHER, title="Another scan", access="open")
    other.files = [file_of("scans/two.txt", "21\n"), file_of("readme.md", "x")]
    other.save()
    broad, narrow = broader_and_narrower()
    other.techniques.add(narrow)
    target.publication.datasets.add(own, other)
    Target.objects.filter(pk=target.pk).update(data=[{"dataset": OWN, "at": "data", "part": ""}])
    target.refresh_from_db()
    offer_as_template(target, techniques=[broad], endings=[])
    DataLocation.objects.create(dataset=OTHER, path=str(disk))
    return Site(target, other, disk, f"/analyse/{target.pk}/{OTHER}")


def html(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_a_template_is_offered_at_data_of_its_technique_or_a_narrower_one(site: Site, anonymous: Client) -> None:
    assert site.page in html(anonymous, f"/doi/{OTHER}")
    broad, narrow = (Technique.objects.get(name=f"{one} scattering") for one in ("broad", "narrow"))
    site.other.techniques.set([broad])
    assert site.page in html(anonymous, f"/doi/{OTHER}")
    site.target.template.techniques.set([narrow])
    assert site.page not in html(anonymous, f"/doi/{OTHER}")
    assert anonymous.get(site.page).status_code == 404


def test_data_without_a_technique_have_those_of_the_papers_on_them(site: Site, people: People) -> None:
    site.other.techniques.clear()
    assert not templates_for(site.other, people.reader).exists()
    site.target.publication.techniques.add(Technique.objects.get(name="narrow scattering"))
    assert templates_for(site.other, people.reader).get().target == site.target


def test_the_author_offers_a_notebook_changes_and_withdraws_it(site: Site, owner: Client) -> None:
    address = f"/template/{site.target.publication.doi}/figure-1"
    assert "filename" in html(owner, address)
    narrow = Technique.objects.get(name="narrow scattering")
    sent = {"techniques": [narrow.pk], "endings": "H5, .nxs"}
    assert owner.post(address, sent).headers["Location"] == site.target.get_absolute_url()
    template = AnalysisTemplate.objects.get()
    assert (template.endings, list(template.techniques.all())) == ([".h5", ".nxs"], [narrow])
    assert "offered for other data of narrow scattering" in html(owner, site.target.get_absolute_url())
    assert owner.post(address, {"techniques": [], "endings": ""}).status_code == 400
    assert owner.post(address, {"techniques": [narrow.pk], "endings": "../x"}).status_code == 400
    found = owner.post(address, {"search": "techniques", "find_techniques": "broad"})
    assert (found.status_code, "broad scattering" in found.content.decode()) == (200, True)
    owner.post(address, {"withdraw": "on"})
    assert not AnalysisTemplate.objects.exists()
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["template.offer", "template.offer", "template.withdraw"]


@pytest.mark.parametrize(("persona", "status"), [("stranger", 404), ("anonymous", 302), ("curator", 200)])
def test_only_who_may_edit_the_paper_offers_its_notebooks(
    persona: str, status: int, site: Site, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(persona)
    assert client.get(f"/template/{site.target.publication.doi}/figure-1").status_code == status


def test_the_page_offers_the_files_that_fit_and_asks_for_the_run(site: Site, reader: Client) -> None:
    page = html(reader, site.page)
    assert 'value="scans/two.txt"' in page
    assert "readme.md" not in page
    response = reader.post(site.page, {"file-0": "scans/two.txt", "set-scale": "2"})
    run = Run.objects.get()
    assert response.headers["Location"] == run.get_absolute_url()
    assert run.parameters == {"filename": "scans/two.txt", "scale": 2}
    assert run.put == {
        "data": [{"dataset": OTHER, "at": "data", "part": ""}],
        "files": [{"slot": "filename", **file_of("scans/two.txt", "21\n")}],
    }
    assert (run.dataset, run.is_what_if) == (site.other, True)
    assert 'value="2"' in html(reader, f"{site.page}?of={run.pk}")
    reader.post(site.page, {"file-0": "scans/two.txt", "set-scale": "2"})
    assert Run.objects.count() == 1
    assert AuditEntry.objects.filter(action="run.derive").get().details["dataset"] == OTHER


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (lambda site: DataLocation.objects.all().delete(), "not on this machine"),
        (lambda site: Dataset.objects.filter(doi=OTHER).update(files=[file_of("a.md", "x")]), "lists no file that"),
        (lambda site: Dataset.objects.filter(doi=OTHER).update(files=[]), "lists no file that"),
        (lambda site: Target.objects.update(notebook="notebooks/other.ipynb"), "names no file of data"),
    ],
    ids=["not at the site", "no file of the kind", "no files known", "no notebook"],
)
def test_what_cannot_be_run_is_told_before_anything_runs(
    spoil: Callable[[Site], object], cause: str, site: Site, reader: Client
) -> None:
    spoil(site)
    assert cause in html(reader, site.page)
    response = reader.post(site.page, {"file-0": "scans/two.txt", "set-scale": "1"})
    assert response.status_code == 400
    assert not Run.objects.exists()


def test_a_file_that_is_not_offered_is_refused(site: Site, reader: Client) -> None:
    assert reader.post(site.page, {"file-0": "readme.md", "set-scale": "1"}).status_code == 400
    assert reader.post(site.page, {"file-0": "../secret.txt", "set-scale": "1"}).status_code == 400
    assert not Run.objects.exists()


def close(site: Site, user: User) -> None:
    """Put the other dataset under embargo, for the group of `user` alone."""
    site.other.experiment_groups.create(name="Proposal 9").memberships.create(user=user)
    Dataset.objects.filter(doi=OTHER).update(access="embargoed")


def test_a_run_on_embargoed_data_is_seen_by_who_may_see_the_data_alone(
    site: Site, people: People, reader: Client, owner: Client, anonymous: Client
) -> None:
    close(site, people.reader)
    for client in (owner, anonymous):
        assert client.get(site.page).status_code == 404
        assert client.post(site.page, {"file-0": "scans/two.txt"}).status_code == 404
        assert site.page not in html(client, f"/doi/{OTHER}")
    assert "only who may see these data" in html(reader, site.page)
    reader.post(site.page, {"file-0": "scans/two.txt", "set-scale": "1"})
    Run.objects.update(state=Run.State.DONE)
    run = Run.objects.get()
    for client, is_seen in ((reader, True), (owner, False), (anonymous, False)):
        assert client.get(run.get_absolute_url()).status_code == (200 if is_seen else 404)
        assert (str(run.pk) in html(client, site.target.get_absolute_url())) is is_seen
        assert (str(run.pk) in html(client, f"/doi/{OTHER}")) is is_seen
        assert client.get(f"/api/v1/runs/{run.pk}/").status_code == (200 if is_seen else 404)
    assert list(Run.objects.visible_to(people.curator)) == [run]


def test_a_run_of_a_target_that_one_may_not_see_stays_unseen_though_the_data_are_open(
    site: Site, people: People, reader: Client, stranger: Client
) -> None:
    reader.post(site.page, {"file-0": "scans/two.txt", "set-scale": "1"})
    run = Run.objects.get()
    assert stranger.get(run.get_absolute_url()).status_code == 200
    Publication.objects.filter(pk=site.target.publication_id).update(state="draft")
    assert stranger.get(run.get_absolute_url()).status_code == 404
    assert not AnalysisTemplate.objects.visible_to(people.stranger).exists()


def test_a_notebook_that_reaches_the_network_is_not_run_on_data_that_are_not_open(
    site: Site, people: People, reader: Client
) -> None:
    Target.objects.update(allowed_hosts=["data.example.org"])
    assert "must stay here" not in html(reader, site.page)
    close(site, people.reader)
    assert "must stay here" in html(reader, site.page)
    assert reader.post(site.page, {"file-0": "scans/two.txt", "set-scale": "1"}).status_code == 400


def prepared(build: Build, **_: object) -> Prepared:
    """Return this project's own Python as the environment."""
    lock = Lock(LOCK, "0" * 64, "3.11", datetime(2020, 4, 1, tzinfo=UTC), (), ())
    built = BuiltEnvironment(
        engine="local",
        key="e" * 64,
        prefix=Path(sys.prefix),
        python_version="3.11.0",
        language="python",
        kernel_argv=(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        readonly_paths=(Path(sys.prefix), Path(sys.base_prefix)),
        lock=lock,
        recipe_files=("requirements.txt",),
        is_reused=False,
        build_s=1.0,
    )
    return Prepared(make_environment(build.snapshot, approximations=[]), built, build)


def executed(site: Site, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Execute the run that was asked for."""
    monkeypatch.setattr(executing, "ready_snapshot", lambda *_, **__: site.target.repository.snapshots.get())
    monkeypatch.setattr(executing, "prepare", prepared)
    run = Run.objects.get(state=Run.State.QUEUED)
    execute(run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.enable_socket
@pytest.mark.django_db(transaction=True)
def test_it_runs_on_the_other_data_and_says_so_and_the_record_stays(
    site: Site, reader: Client, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove(site.target)
    before = Evidence.objects.values().get(target=site.target)
    reader.post(site.page, {"file-0": "scans/two.txt", "set-scale": "2"})
    run = executed(site, monkeypatch)
    assert (run.state, run.verdict, run.cause) == ("done", None, None)
    assert Evidence.objects.values().get(target=site.target) == before
    assert '"42\\n"' in reader.get(f"/runs/{run.pk}/artefacts/executed.ipynb").content.decode()
    assert [(one["dataset"], one["at"]) for one in run.data] == [(OTHER, "data")]
    page = html(reader, run.get_absolute_url())
    assert "Derived from" in page
    assert file_of("scans/two.txt", "21\n")["sha256"] in page
    told = api_client(people.reader).get(f"/api/v1/runs/{run.pk}/").json()
    assert told["dataset"] == OTHER
    assert told["was_derived_from"] == {
        "dataset": OTHER,
        "files": [{"slot": "filename", **file_of("scans/two.txt", "21\n")}],
        "target": site.target.pk,
        "notebook": "notebooks/figure-1.ipynb",
        "commit": run.snapshot.commit if run.snapshot else "",
    }
    document = crate_texts(run)["ro-crate-metadata.json"]
    assert f"https://doi.org/{OTHER}" in document
    assert "wasDerivedFrom" in document


@pytest.mark.enable_socket
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("spoil", ["changed", "gone"])
def test_a_file_that_is_not_what_was_published_ends_it_before_the_notebook_runs(
    spoil: str, site: Site, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site.disk / "scans" / "two.txt"
    if spoil == "gone":
        path.unlink()
    else:
        path.write_text("22\n")
    reader.post(site.page, {"file-0": "scans/two.txt", "set-scale": "1"})
    run = executed(site, monkeypatch)
    assert (run.verdict, (run.cause or {})["id"]) == (None, {"gone": "data-missing", "changed": "data-changed"}[spoil])
    assert run.cells_done == 0


def test_the_api_offers_lists_and_runs_templates(site: Site, people: People) -> None:
    author, reader = api_client(people.owner), api_client(people.reader)
    template = f"/api/v1/targets/{site.target.pk}/template/"
    sent = {"techniques": ["narrow scattering"], "endings": ["txt"]}
    assert author.put(template, sent, format="json").json()["endings"] == [".txt"]
    (offered,) = reader.get(f"/api/v1/datasets/{site.other.pk}/templates/").json()
    assert (offered["target"], offered["page"].endswith(site.page)) == (site.target.pk, True)
    assert offered["slots"] == [
        {
            "name": "filename",
            "published": "raw/one.txt",
            "takes_all": False,
            "endings": [".txt"],
            "files": ["scans/two.txt"],
        }
    ]
    derive = f"/api/v1/targets/{site.target.pk}/derive/"
    wanted = {"dataset": f"https://doi.org/{OTHER}", "files": {"filename": "scans/two.txt"}}
    answer = reader.post(derive, wanted, format="json")
    assert (answer.status_code, answer.json()["dataset"]) == (202, OTHER)
    assert author.delete(template).status_code == 204
    assert reader.get(f"/api/v1/datasets/{site.other.pk}/templates/").json() == []
    assert reader.post(derive, wanted, format="json").json()["cause"]["id"] == "template-refused"


@pytest.mark.parametrize(
    ("wanted", "cause"),
    [
        ({"dataset": OWN, "files": {"filename": "raw/one.txt"}}, "template-refused"),
        ({"dataset": OTHER, "files": {"filename": "readme.md"}}, "template-file-refused"),
        ({"dataset": OTHER, "files": {"nothing": "scans/two.txt"}}, "template-file-refused"),
        ({"dataset": OTHER}, "template-file-refused"),
        ({"dataset": OTHER, "files": {"filename": "scans/two.txt"}, "parameters": {"x": 1}}, "parameter-refused"),
        ({"dataset": "x", "files": {}}, "doi-malformed"),
    ],
)
def test_the_api_refuses_what_is_no_choice(wanted: dict[str, object], cause: str, site: Site, people: People) -> None:
    if cause == "template-refused":
        site.target.publication.datasets.remove(site.other)
        Dataset.objects.get(doi=OWN).techniques.add(Technique.objects.create(name="another technique"))
    answer = api_client(people.reader).post(f"/api/v1/targets/{site.target.pk}/derive/", wanted, format="json")
    assert (answer.status_code, answer.json()["cause"]["id"]) == (400, cause)
    assert not Run.objects.exists()


def test_a_reviewer_is_shown_no_run_on_other_data(site: Site) -> None:
    run = make_run(site.target)
    Run.objects.filter(pk=run.pk).update(dataset=site.other, derivation="a" * 64)
    assert runs_of(site.target, None) == []
