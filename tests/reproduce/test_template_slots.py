"""Where another dataset goes in a notebook, and what the run is then shown and told."""

from __future__ import annotations

import posixpath

import pytest

from builder.parameters import Parameter, find_parameters
from catalog.data_places import DataWish, read_wishes
from reproduce.errors import RunError
from reproduce.template_slots import Put, Slot, find_slots, put_in_place

OWN = "10.5072/own"
OTHER = "10.5072/other"
FILES = ("raw/scan_0002.h5", "raw/scan_0003.h5", "notes.txt")


def assigned(**values: str) -> tuple[Parameter, ...]:
    lines = [f"{name} = {value!r}\nprint({name})" for name, value in values.items()]
    return find_parameters([{"cell_type": "code", "metadata": {}, "source": "\n".join(lines)}])


def slots(
    parameters: tuple[Parameter, ...],
    *wishes: DataWish,
    listed: tuple[str, ...] = ("raw/scan_0001.h5", "flat.h5"),
    repository: tuple[str, ...] = (),
    endings: tuple[str, ...] = (),
) -> tuple[Slot, ...]:
    def find_file(value: str) -> str | None:
        path = posixpath.normpath(posixpath.join("notebooks", value))
        return path if path in repository else None

    return find_slots(
        parameters, wishes, {OWN: listed}, notebook="notebooks/fit.ipynb", find_file=find_file, endings=endings
    )


def put(found: tuple[Slot, ...], wishes: tuple[DataWish, ...], files: tuple[str, ...] = FILES, **chosen: str) -> Put:
    made = put_in_place(found, chosen, wishes=wishes, dataset=OTHER, files=files)
    read_wishes([one.as_dict() for one in made.data])
    return made


@pytest.mark.parametrize(
    ("value", "at", "shown", "set_to"),
    [
        # Said as a whole below the place: the dataset takes the place as it is.
        ("../data/raw/scan_0001.h5", "data", ("data", ""), "../data/raw/scan_0002.h5"),
        ("/data/raw/scan_0001.h5", "/data", ("/data", ""), "/data/raw/scan_0002.h5"),
        ("raw/scan_0001.h5", "$DATA_DIR", ("$DATA_DIR", ""), "raw/scan_0002.h5"),
        # The folder is said elsewhere: the file lies in the same one.
        ("scan_0001.h5", "data", ("data/raw/scan_0002.h5", "raw/scan_0002.h5"), "scan_0002.h5"),
    ],
)
def test_a_parameter_that_names_a_file_of_the_data_takes_one(
    value: str, at: str, shown: tuple[str, str], set_to: str
) -> None:
    wish = DataWish(OWN, at)
    found = slots(assigned(filename=value, title="a scan"), wish)
    assert [(one.name, one.endings) for one in found] == [("filename", (".h5",))]
    made = put(found, (wish,), filename="raw/scan_0002.h5")
    assert made == Put((DataWish(OTHER, *shown),), {"filename": set_to}, (("filename", "raw/scan_0002.h5"),))


@pytest.mark.parametrize(
    ("value", "path", "at", "set_to"),
    [
        ("scan_1.h5", "notebooks/scan_1.h5", "notebooks/reprise-data/scan_0002.h5", "reprise-data/scan_0002.h5"),
        ("../data/scan_1.h5", "data/scan_1.h5", "data/reprise-data/scan_0002.h5", "../data/reprise-data/scan_0002.h5"),
    ],
)
def test_a_file_of_the_repository_is_put_beside_the_published_one(value: str, path: str, at: str, set_to: str) -> None:
    assert slots(assigned(filename=value)) == ()
    found = slots(assigned(filename=value), repository=(path,))
    made = put(found, (), filename="raw/scan_0002.h5")
    assert made == Put(
        (DataWish(OTHER, at, "raw/scan_0002.h5"),), {"filename": set_to}, (("filename", "raw/scan_0002.h5"),)
    )


def test_a_file_of_another_kind_in_the_repository_takes_nothing() -> None:
    assert slots(assigned(picture="figure.png"), repository=("notebooks/figure.png",)) == ()
    assert slots(assigned(picture="figure.png"), repository=("notebooks/figure.png",), endings=(".png",))


@pytest.mark.parametrize(("part", "takes_all"), [("", True), ("raw", True), ("flat.h5", False)])
def test_a_place_whose_files_no_parameter_names_takes_the_dataset_or_the_one_file(part: str, takes_all: bool) -> None:
    wish = DataWish(OWN, "data/x", part)
    (found,) = slots(assigned(title="a scan"), wish)
    assert (found.name, found.takes_all) == ("data/x", takes_all)
    made = put_in_place([found], {"data/x": "raw/scan_0002.h5"}, wishes=[wish], dataset=OTHER, files=FILES)
    assert made.data == (DataWish(OTHER, "data/x", "" if takes_all else "raw/scan_0002.h5"),)
    assert made.values == {}


def test_a_value_that_is_the_place_of_one_file_stays_as_it_is() -> None:
    wish = DataWish(OWN, "data/flat.h5", "flat.h5")
    found = slots(assigned(filename="../data/flat.h5"), wish)
    made = put(found, (wish,), filename="raw/scan_0003.h5")
    assert made.data == (DataWish(OTHER, "data/flat.h5", "raw/scan_0003.h5"),)
    assert made.values == {}


def test_what_is_not_replaced_stays_and_two_files_of_one_place_are_replaced_together() -> None:
    own, calibration = DataWish(OWN, "data"), DataWish("10.5072/calibration", "mask")
    found = slots(assigned(scan="data/raw/scan_0001.h5", flat="data/flat.h5"), own, calibration)
    assert [one.name for one in found] == ["scan", "flat", "mask"]
    made = put(found, (own, calibration), scan="raw/scan_0002.h5", flat="raw/scan_0003.h5")
    assert made.data == (calibration, DataWish(OTHER, "data"))
    assert made.values == {"scan": "data/raw/scan_0002.h5", "flat": "data/raw/scan_0003.h5"}
    with pytest.raises(RunError, match="not there any more"):
        put(found, (own, calibration), scan="raw/scan_0002.h5")


def test_a_dataset_of_one_file_is_put_where_the_file_goes() -> None:
    wish = DataWish(OWN, "data")
    found = slots(assigned(filename="data/raw/scan_0001.h5"), wish)
    made = put(found, (wish,), ("only.h5",), filename="only.h5")
    assert made.data == (DataWish(OTHER, "data/raw/only.h5", "only.h5"),)
    assert made.values == {"filename": "data/raw/only.h5"}


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        ({"filename": "notes.txt"}, "takes files that end in .h5"),
        ({"filename": "gone.h5"}, "lists no such file"),
        ({"other": "raw/scan_0002.h5"}, "nothing takes a file there"),
        ({}, "no file was chosen"),
    ],
)
def test_what_is_no_file_of_the_right_kind_is_refused(chosen: dict[str, str], reason: str) -> None:
    wish = DataWish(OWN, "data")
    found = slots(assigned(filename="data/raw/scan_0001.h5"), wish)
    with pytest.raises(RunError, match=reason):
        put_in_place(found, chosen, wishes=(wish,), dataset=OTHER, files=FILES)


def test_a_name_that_could_mean_two_files_takes_nothing() -> None:
    found = slots(assigned(filename="scan.h5"), DataWish(OWN, "data"), listed=("a/scan.h5", "b/scan.h5"))
    assert [one.name for one in found] == ["data"]
