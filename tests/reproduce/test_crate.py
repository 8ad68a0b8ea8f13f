"""The Workflow Run RO-Crate: valid by a validator that is not ours, true to the run, safe to unpack."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import random
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rocrate.rocrate import ROCrate

from catalog.artefacts import ArtefactError
from reproduce.crate import METADATA, Crate, CrateFile, is_portable
from reproduce.crate_document import crate_text
from reproduce.crate_zip import zip_chunks
from reproduce.verdicts import MEANINGS, VERDICTS
from tests.reproduce.sample_crate import lay_out, sample_crate, sample_files, sample_run
from tests.validators.crates import assert_valid, issues_of


def entities(crate: Crate) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in json.loads(crate_text(crate))["@graph"]}


def run_on_other_data() -> Any:  # noqa: ANN401 - a CrateRun
    files = [
        {"slot": "filename", "path": "scans/two.h5", "size_bytes": 12, "sha256": "9a" * 32},
        {"slot": "mask", "path": "größe/mask.npy", "md5": "bc" * 16},
        {"slot": "dark", "path": "dark.edf", "checksum": "sha1:" + "de" * 20},
    ]
    source = {"dataset": "10.5072/other-frames", "files": files}
    return sample_run(verdict=None, cause=None, network=None, derived_from=source)


def failed_run() -> Any:  # noqa: ANN401 - a CrateRun
    why = {"id": "cell-raised", "fault": "author", "message": "Cell 3 raised E.", "hint": "Mend it."}
    return sample_run(verdict="failed", cause=why, is_completed=False, compared=["fig 1/verdict.json", "report.html"])


@pytest.mark.real
@pytest.mark.parametrize(
    "crate",
    [
        pytest.param(sample_crate(), id="differs"),
        pytest.param(sample_crate(sample_run(verdict="identical", cause=None)), id="identical"),
        pytest.param(sample_crate(failed_run()), id="failed"),
        pytest.param(
            sample_crate(
                sample_run(verdict="unbuildable", is_completed=False, started_at=None, ended_at=None, left=[]),
                environment=None,
                publication=None,
                swhid=None,
                commit=None,
                source="/home/of/a/paper",
            ),
            id="unbuildable",
        ),
        pytest.param(sample_crate(sample_run(verdict=None, parameters={}, data=[])), id="no verdict"),
        pytest.param(sample_crate(run_on_other_data()), id="on other data"),
    ],
)
def test_a_crate_passes_the_validator_at_its_recommended_level(crate: Crate, tmp_path: Path) -> None:
    assert_valid(lay_out(crate, tmp_path / "crate"), tmp_path)


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serve a directory on this machine."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@pytest.mark.real
def test_on_the_web_the_notebook_has_the_identifier_that_the_validator_wants(tmp_path: Path) -> None:
    lay_out(sample_crate(), tmp_path / "crate")
    with served(tmp_path / "crate") as address:
        found = issues_of(f"{address}/{METADATA}", tmp_path, "--metadata-only", "--cache-max-age", "-1")
    # Of the root's own address, "./", it asks for one below the file of the metadata, which is no directory.
    assert found == [("ro-crate-1.1_28.1", "Web-based Data Entity ./ is not available")]


@pytest.mark.real
def test_with_its_notebook_on_the_web_a_crate_passes_every_check_while_that_can_be_fetched(tmp_path: Path) -> None:
    lay_out(sample_crate(), tmp_path / "web")
    with served(tmp_path / "web") as address:
        run = sample_run(published_at=f"{address}/fig%201/published.ipynb")
        place = lay_out(sample_crate(run), tmp_path / "crate")
        assert issues_of(place, tmp_path, "--cache-max-age", "-1") == []
    (tmp_path / "later").mkdir()
    # Gone, the same crate fails what is required: the reason why it is not so unless it is asked for.
    assert {check for check, _ in issues_of(place, tmp_path / "later", "--offline")} == {
        "workflow-ro-crate-1.0_4.1",
        "ro-crate-1.1_28.1",
    }


def test_the_file_in_the_crate_is_told_as_the_copy_of_a_notebook_on_the_web() -> None:
    address = "https://reprise.example.org/runs/1/artefacts/published.ipynb"
    found = entities(sample_crate(sample_run(published_at=address)))
    workflow, copy = found[address], found["fig%201/published.ipynb"]
    assert found["./"]["mainEntity"] == found["#run-1"]["instrument"] == {"@id": address}
    assert (copy["@type"], copy["sameAs"]) == ("File", {"@id": address})
    assert (copy["sha256"], copy["contentSize"]) == (workflow["sha256"], workflow["contentSize"])
    assert {"@id": "fig%201/published.ipynb"} in found["./"]["hasPart"]


@pytest.mark.real
def test_a_base_on_the_web_fails_what_the_validator_looks_for_below_the_directory(tmp_path: Path) -> None:
    place = lay_out(sample_crate(), tmp_path / "crate")
    document = json.loads((place / METADATA).read_text())
    document["@context"].append({"@base": "https://reprise.example.org/runs/1/"})
    (place / METADATA).write_text(json.dumps(document))
    assert [check for check, _ in issues_of(place, tmp_path, "--offline")] == [
        "workflow-ro-crate-1.0_6.1",
        "workflow-ro-crate-1.0_6.2",
        "workflow-ro-crate-1.0_7.1",
    ]


@pytest.mark.real
def test_the_validator_finds_a_missing_file_and_a_lost_instrument(tmp_path: Path) -> None:
    place = lay_out(sample_crate(), tmp_path / "crate")
    (place / "report.html").unlink()
    text = (place / METADATA).read_text()
    document = json.loads(text)
    for entity in document["@graph"]:
        entity.pop("instrument", None)
    (place / METADATA).write_text(json.dumps(document))
    messages = " ".join(message for _, message in issues_of(place, tmp_path, "--offline"))
    assert "report.html" in messages
    assert "instrument" in messages


def test_another_reader_finds_the_run_its_notebook_and_its_results(tmp_path: Path) -> None:
    crate = ROCrate(lay_out(sample_crate(), tmp_path / "crate"))
    assert crate.mainEntity["name"] == "figures/fig 1.ipynb"
    run = crate.get("#run-1")
    assert run["instrument"] is crate.mainEntity
    assert {one["name"] for one in run["result"]} == {"fig 1/executed.ipynb", "fig 1/files/out/größe.csv"}
    assert (run["startTime"], run["endTime"]) == ("2024-06-01T00:00:00.123+00:00", "2024-06-01T00:00:03.000+00:00")


def test_every_file_is_described_with_its_size_and_digest() -> None:
    described = {one["name"]: one for one in entities(sample_crate()).values() if "sha256" in one}
    for file in sample_files():
        one = described.get(file.name) or described["figures/fig 1.ipynb"]
        assert (one["sha256"], one["contentSize"]) == (file.sha256, str(file.size_bytes))


def test_the_verdict_is_a_review_of_the_notebook_by_who_compared_it() -> None:
    review = entities(sample_crate())["#verdict-1"]
    assert review["itemReviewed"] == {"@id": "fig%201/published.ipynb"}
    assert review["author"] == {"@id": "https://reprise.example.org"}
    assert "1 of 2 differ." in review["reviewBody"]
    assert review["reviewBody"].endswith("It says nothing of whether the work is right.")


def test_without_a_verdict_there_is_no_review() -> None:
    assert "#verdict-1" not in entities(sample_crate(sample_run(verdict=None)))


def test_a_failed_run_is_told_with_its_error_and_has_no_comparison() -> None:
    found = entities(sample_crate(failed_run()))
    assert found["#run-1"]["actionStatus"] == "http://schema.org/FailedActionStatus"
    assert found["#run-1"]["error"] == "Cell 3 raised E."
    assert "#comparison-1" not in found


def test_a_parameter_is_an_example_of_what_the_notebook_takes() -> None:
    found = entities(sample_crate())
    value = found["#notebook-1-value-1"]
    assert (value["name"], value["value"]) == ("gain", 2)
    formal = found[value["exampleOfWork"]["@id"]]
    assert (formal["@type"], formal["additionalType"]) == ("FormalParameter", "Integer")
    assert {"@id": "#notebook-1-value-1"} in found["#run-1"]["object"]


def test_what_was_shown_and_what_was_fetched_are_inputs_with_their_digests() -> None:
    found = entities(sample_crate())
    data, fetched = found["#notebook-1-data-1"], found["#notebook-1-fetched-1"]
    assert {data["@id"], fetched["@id"]} <= {one["@id"] for one in found["#run-1"]["object"]}
    assert "ef" * 32 in data["description"]
    assert (fetched["url"], fetched["sha256"]) == ("https://data.example.org/a.csv", "78" * 32)
    assert "1 address was fetched" in found["#run-1"]["description"]


def test_a_certificate_in_the_evidence_is_listed() -> None:
    assert entities(sample_crate())["certificate.json"]["description"] == "The signed certificate."


def test_an_image_of_a_registry_is_named_by_its_digest() -> None:
    image = entities(sample_crate())["#image"]
    named = {name: image[name] for name in ("registry", "name", "tag", "sha256")}
    assert named == {"registry": "quay.io", "name": "example/paper", "tag": "v1", "sha256": "56" * 32}


@pytest.mark.parametrize(
    ("image", "digest"),
    [
        ("", ""),
        ("reprise/abc:1", "sha256:" + "56" * 32),
        ("/srv/image.sif", "sha256:" + "56" * 32),
        ("quay.io/a/b", ""),
    ],
)
def test_an_image_that_is_in_no_registry_is_not_told_as_one(image: str, digest: str) -> None:
    environment = {"engine": "image", "details": {"image": image, "digest": digest}}
    assert "#image" not in entities(sample_crate(environment=environment))


def test_a_git_address_is_given_without_its_ref() -> None:
    assert entities(sample_crate())["swh:1:dir:" + "b" * 40]["url"] == "https://github.com/example/paper"


def test_the_same_run_gives_the_same_bytes() -> None:
    assert crate_text(sample_crate()) == crate_text(sample_crate())


def test_every_verdict_has_a_meaning() -> None:
    assert set(MEANINGS) == set(VERDICTS)


@pytest.mark.parametrize(
    "name",
    [
        "../up",
        "/root",
        "a//b",
        "a/./b",
        "a\\..\\b",
        "c:drive",
        "line\nbreak",
        "a\x00b",
        "rtl\u202egnp",
        "end. ",
        METADATA,
    ],
)
def test_a_name_that_is_not_safe_everywhere_is_left_out_and_told(name: str) -> None:
    assert not is_portable(name)
    crate = sample_crate(files=[*sample_files(), CrateFile(name, "text/plain", "0" * 64, 1)])
    assert len(entities(crate)) == len(entities(sample_crate()))
    assert "1 files are left out" in entities(crate)["./"]["description"]


def zipped(files: list[CrateFile], contents: dict[str, bytes] | None = None) -> bytes:
    opened = contents or {}
    chunks = zip_chunks(
        {METADATA: "{}"},
        files,
        lambda file: io.BytesIO(opened.get(file.name, file.name.encode())),
        at=sample_crate().made_at,
    )
    return b"".join(chunks)


def test_the_zip_holds_every_file_whole_and_is_the_same_each_time() -> None:
    data = zipped(sample_files())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [METADATA, *(file.name for file in sample_files())]
        assert archive.read("fig 1/files/out/größe.csv").decode() == "fig 1/files/out/größe.csv"
    assert data == zipped(sample_files())


def test_the_zip_leaves_out_what_is_not_safe_to_unpack() -> None:
    data = zipped([*sample_files(), CrateFile("a\\..\\..\\b", "text/plain", "0" * 64, 1)])
    assert "a\\..\\..\\b" not in zipfile.ZipFile(io.BytesIO(data)).namelist()


def test_a_file_that_is_not_what_its_digest_says_breaks_the_zip() -> None:
    with pytest.raises(ArtefactError) as raised:
        zipped(sample_files(), {"report.html": b"another report"})
    assert raised.value.cause.id == "artefact-damaged"


def test_a_large_file_is_written_piece_by_piece() -> None:
    content = random.Random(1).randbytes(1 << 20) * 16
    file = CrateFile("big", "text/plain", hashlib.sha256(content).hexdigest(), len(content))
    chunks = zip_chunks({}, [file], lambda _: io.BytesIO(content), at=sample_crate().made_at)
    assert max(len(chunk) for chunk in chunks) < 2 << 20
