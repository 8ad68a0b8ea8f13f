"""The demonstration publications and the small bad repositories are what they say they are."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import nbformat
import numpy as np
import pytest

from catalog.causes import CATALOGUE
from catalog.panet.reading import SHIPPED, read_ontology
from reproduce.verdicts import VERDICTS

FIXTURES = Path(__file__).parent.parent / "fixtures"
DEMO = FIXTURES / "demo"
PUBLICATIONS: list[dict[str, Any]] = json.loads((DEMO / "catalogue.json").read_text(encoding="utf-8"))["publications"]
TARGETS = [
    pytest.param(publication, target, id=f"{publication['slug']}-{target['label']}")
    for publication in PUBLICATIONS
    for target in publication["targets"]
]
CASES = sorted(path for path in (FIXTURES / "repositories").iterdir() if path.is_dir())
FURTHER = [data for publication in PUBLICATIONS for data in publication.get("further_datasets", ())]
each_publication = pytest.mark.parametrize("publication", PUBLICATIONS, ids=lambda publication: publication["slug"])
each_target = pytest.mark.parametrize(("publication", "target"), TARGETS)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def read_notebook(publication: dict[str, Any], target: dict[str, Any]) -> nbformat.NotebookNode:
    return nbformat.read(DEMO / publication["repository"] / target["notebook"], nbformat.NO_CONVERT)


def flatten(path: Path) -> dict[str, Any]:
    """Return every dataset and attribute of an HDF5 file by its name."""
    content: dict[str, Any] = {}
    with h5py.File(path, "r") as file:

        def note(name: str, item: h5py.Group | h5py.Dataset) -> None:
            content.update({f"{name}@{key}": value for key, value in item.attrs.items()})
            if isinstance(item, h5py.Dataset):
                content[name] = item[()]

        file.visititems(note)
    return content


def assert_same(stored: dict[str, Any], again: dict[str, Any]) -> None:
    assert stored.keys() == again.keys()
    for name, value in stored.items():
        if np.asarray(value).dtype.kind == "f":
            np.testing.assert_allclose(again[name], value, rtol=1e-6, err_msg=name)
        else:
            np.testing.assert_array_equal(again[name], value, err_msg=name)


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("demo")
    subprocess.run([sys.executable, str(DEMO / "make_data.py"), str(directory)], check=True, capture_output=True)
    return directory


@each_publication
def test_the_script_writes_the_data_again(publication: dict[str, Any], regenerated: Path) -> None:
    repository = publication["repository"]
    paths = [file["path"] for dataset in publication["datasets"] for file in dataset["files"]]
    assert paths
    for path in paths:
        assert_same(flatten(DEMO / repository / path), flatten(regenerated / repository / path))


def test_the_first_edition_differs_in_the_distance_alone(tmp_path: Path, regenerated: Path) -> None:
    command = [sys.executable, str(DEMO / "make_data.py"), str(tmp_path), "--edition", "first"]
    subprocess.run(command, check=True, capture_output=True)
    path = "serial-lysozyme/data/lysozyme_run0042.cxi.h5"
    first, second = flatten(tmp_path / path), flatten(regenerated / path)
    changed = {name for name in second if not np.array_equal(first[name], second[name])}
    assert changed == {"entry_1/instrument_1/detector_1/distance", "entry_1/instrument_1/detector_1/geometry_edition"}


@each_publication
def test_every_data_file_is_listed_with_its_size_and_checksum(publication: dict[str, Any]) -> None:
    repository = DEMO / publication["repository"]
    listed = {file["path"]: file for dataset in publication["datasets"] for file in dataset["files"]}
    assert set(listed) == {str(path.relative_to(repository)) for path in (repository / "data").iterdir()}
    for path, file in listed.items():
        content = (repository / path).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size"], file["sha256"])
        assert len(content) < 300_000


def test_data_that_no_figure_shows_are_written_again_and_listed_with_size_and_checksum(regenerated: Path) -> None:
    assert [data["doi"] for data in FURTHER] == ["10.5072/reprise-demo-data.sans-larger-spheres"]
    for data in FURTHER:
        assert len(data["description"]) >= 50
        for file in data["files"]:
            path = DEMO / data["folder"] / file["path"]
            content = path.read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size"], file["sha256"])
            assert_same(flatten(path), flatten(regenerated / data["folder"] / file["path"]))


@each_publication
def test_a_demonstration_says_that_it_is_one(publication: dict[str, Any]) -> None:
    assert publication["doi"] == f"10.5072/reprise-demo.{publication['slug']}"
    assert publication["title"].startswith("Demonstration: ")
    assert publication["creators"] == [{"name": "Reprise demonstration"}]
    assert publication["facility"]["name"].startswith("Demonstration ")
    assert publication["facility"]["ror"] is None
    assert all(dataset["doi"].startswith("10.5072/") for dataset in publication["datasets"])
    assert len(publication["abstract"]) >= 50


@each_publication
def test_a_repository_has_what_an_author_publishes(publication: dict[str, Any]) -> None:
    repository = DEMO / publication["repository"]
    names = {path.name for path in repository.iterdir()}
    assert {"README.md", "LICENSE", "CITATION.cff", "data", "notebooks"} <= names
    assert ("requirements.txt" in names) == (publication["slug"] != "thz-lactose")


@each_publication
def test_every_notebook_belongs_to_one_target(publication: dict[str, Any]) -> None:
    repository = DEMO / publication["repository"]
    notebooks = sorted(str(path.relative_to(repository)) for path in (repository / "notebooks").iterdir())
    assert notebooks == sorted(target["notebook"] for target in publication["targets"])
    assert 2 <= len(notebooks) <= 4


def test_techniques_are_terms_of_panet() -> None:
    terms = {(term["id"], term["label"]) for publication in PUBLICATIONS for term in publication["techniques"]}
    assert len(terms) == 6
    assert terms <= {(term.id, term.label) for term in read_ontology(SHIPPED).terms}


@each_publication
def test_what_is_said_of_a_demonstration_names_no_real_funder_or_instrument(publication: dict[str, Any]) -> None:
    assert all(name.startswith("Demonstration ") for name in publication["instruments"])
    assert all(one["funder"].startswith("Demonstration ") for one in publication["funding"])
    assert not any("identifier" in one for one in publication["funding"])
    assert all(len(dataset["description"]) >= 50 for dataset in publication["datasets"])


def test_the_five_techniques_are_there() -> None:
    assert [publication["slug"].partition("-")[0] for publication in PUBLICATIONS] == [
        "sans",
        "thz",
        "tomography",
        "ptychography",
        "serial",
    ]


def test_the_targets_show_every_kind_of_outcome() -> None:
    expected = {target["expected_verdict"] for publication in PUBLICATIONS for target in publication["targets"]}
    assert expected == {"identical", "reproduced", "differs", "failed", None}


@each_target
def test_a_target_names_cells_that_show_something(publication: dict[str, Any], target: dict[str, Any]) -> None:
    notebook = read_notebook(publication, target)
    cells = {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}
    assert set(target["cells"]) <= set(cells)
    assert all(cells[name].outputs for name in target["cells"])
    assert any("image/png" in output.get("data", {}) for name in target["cells"] for output in cells[name].outputs)


@each_target
def test_a_bad_expected_verdict_has_a_cause(publication: dict[str, Any], target: dict[str, Any]) -> None:
    is_bad = target["expected_verdict"] in ("differs", "failed", None)
    assert (target["expected_cause"] in CATALOGUE) if is_bad else target["expected_cause"] is None


@each_target
def test_a_notebook_was_executed_from_its_source(publication: dict[str, Any], target: dict[str, Any]) -> None:
    notebook = read_notebook(publication, target)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info.version.startswith("3.11.")
    source = DEMO / "sources" / publication["slug"] / (Path(target["notebook"]).stem + ".py")
    marks = re.findall(r"(?m)^# %%(?: \[markdown\])? id=(\S+)$", source.read_text(encoding="utf-8"))
    assert [cell.id for cell in notebook.cells] == marks
    assert all(cell.source in source.read_text(encoding="utf-8") for cell in code)


@each_target
def test_stored_outputs_hold_no_error_warning_or_path(publication: dict[str, Any], target: dict[str, Any]) -> None:
    for cell in read_notebook(publication, target).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
            assert not re.search(r"/tmp|/home|/root|site-packages|0x[0-9a-f]{6}", str(output.get("text", "")))


@each_target
def test_a_stored_figure_is_large_enough_to_read(publication: dict[str, Any], target: dict[str, Any]) -> None:
    for cell in read_notebook(publication, target).cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                header = base64.b64decode(output.data["image/png"])[:24]
                width = int.from_bytes(header[16:20], "big")
                assert width >= 600


@each_case
def test_a_bad_repository_says_what_it_is_and_how_it_ends(case: Path) -> None:
    assert len((case / "README.md").read_text(encoding="utf-8").splitlines()) == 2
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    # "repeat" is how often the notebook is run, where it takes more than the usual to say.
    assert set(expected) - {"repeat"} == {"verdict", "cause", "exit_code"}
    assert expected["verdict"] is None or expected["verdict"] in VERDICTS
    assert expected["cause"] is None or expected["cause"] in CATALOGUE
