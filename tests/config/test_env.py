"""Settings from the environment: taken, or refused with a message that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.data_settings import read_data_settings
from config.env import Environment


def refused(read: Callable[[Environment], object], values: dict[str, str]) -> str:
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(Environment(values))
    return str(refusal.value)


def test_a_default_serves_where_nothing_is_given() -> None:
    env = Environment({})
    assert env.text("T", "a", "") == "a"
    assert env.boolean("B", True, "") is True
    assert env.integer("I", 3, "") == 3
    assert env.size("S", "4G", "") == 4 * 2**30
    assert env.items("L", "a,b", "") == ["a", "b"]
    assert env.path("P", Path("/srv"), "") == Path("/srv")
    assert env.url("U", "", "", schemes=("https",)) == ""
    assert env.rate("R", "30/hour", "") == "30/hour"


def test_what_is_declared_is_remembered_with_its_meaning() -> None:
    env = Environment({"I": "5"})
    env.integer("I", 3, "How many.")
    assert [(one.name, one.default, one.meaning) for one in env.declared] == [("I", "3", "How many.")]


@pytest.mark.parametrize("raw", ["1", "true", "TRUE", "yes", "on"])
def test_a_truth_value_is_true(raw: str) -> None:
    assert Environment({"B": raw}).boolean("B", False, "") is True


@pytest.mark.parametrize("raw", ["0", "false", "No", "off"])
def test_a_truth_value_is_false(raw: str) -> None:
    assert Environment({"B": raw}).boolean("B", True, "") is False


@pytest.mark.parametrize("raw", ["", "2", "maybe", "true ", "ja"])
def test_what_is_no_truth_value_is_refused(raw: str) -> None:
    assert refused(lambda env: env.boolean("B", True, ""), {"B": raw}) == (
        "B must be true or false; see docs/settings.md."
    )


@pytest.mark.parametrize(
    ("raw", "size_bytes"), [("1", 1), ("10k", 10240), ("512M", 512 * 2**20), ("4G", 4 * 2**30), ("1t", 2**40)]
)
def test_a_size_has_a_unit_of_1024(raw: str, size_bytes: int) -> None:
    assert Environment({"S": raw}).size("S", "1G", "") == size_bytes


@pytest.mark.parametrize("raw", ["", "0", "0G", "-1", "1.5G", "G", "4GB", "4 G", "٣G", "1e9", "¹", "1_000"])
def test_what_is_no_size_is_refused(raw: str) -> None:
    assert "must be a size such as 512M or 4G" in refused(lambda env: env.size("S", "1G", ""), {"S": raw})


@pytest.mark.parametrize(
    ("raw", "why"),
    [("x", "a whole number"), ("", "a whole number"), ("1.0", "a whole number"), ("0", "between 1 and 9")],
)
def test_what_is_no_number_in_its_bounds_is_refused(raw: str, why: str) -> None:
    assert why in refused(lambda env: env.integer("I", 3, "", least=1, most=9), {"I": raw})


def test_a_choice_that_is_none_is_refused_with_the_choices() -> None:
    read: Callable[[Environment], Any] = lambda env: env.text("T", "no", "", choices=("no", "all"))  # noqa: E731 - short
    assert refused(read, {"T": "some"}) == "T must be one of no, all; see docs/settings.md."


@pytest.mark.parametrize("raw", ["", "often", "0/hour", "30/fortnight", "30", "-1/day", "30/hour "])
def test_what_is_no_rate_is_refused(raw: str) -> None:
    assert "must be a rate such as 30/hour" in refused(lambda env: env.rate("R", "1/day", ""), {"R": raw})


def test_a_list_is_split_at_commas_without_empty_items() -> None:
    assert Environment({"L": " a, ,b,"}).items("L", "", "") == ["a", "b"]


def test_hosts_are_names_or_any() -> None:
    read = Environment({"H": "Data.example.org, *.example.net:8443,*"}).hosts("H", "", "")
    assert read == ["data.example.org", "*.example.net:8443", "*"]
    assert Environment({}).hosts("H", "", "") == []


@pytest.mark.parametrize("raw", ["127.0.0.1", "https://example.org", "*.*", "example"])
def test_what_is_no_host_is_refused(raw: str) -> None:
    assert "H must be hosts such as data.example.org" in refused(lambda env: env.hosts("H", "", ""), {"H": raw})


def test_a_path_must_be_absolute() -> None:
    assert "must be an absolute path" in refused(lambda env: env.path("P", Path("/srv"), ""), {"P": "var"})
    assert Environment({"P": "~/x"}).path("P", Path("/srv"), "") == Path.home() / "x"


@pytest.mark.parametrize(
    "raw", ["", "example.org", "ftp://example.org", "javascript:alert(1)", "https://", "https://["]
)
def test_what_is_no_address_is_refused(raw: str) -> None:
    read: Callable[[Environment], Any] = lambda env: env.url("U", "https://a.org", "", schemes=("https",))  # noqa: E731
    assert "must begin with https://" in refused(read, {"U": raw})


def test_an_address_loses_its_last_slash() -> None:
    assert Environment({"U": "https://a.org/x/"}).url("U", "", "", schemes=("https",)) == "https://a.org/x"


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret\n", encoding="utf-8")
    assert Environment({"T_FILE": str(file)}).text("T", "", "") == "s3cret"


def test_a_value_and_a_file_together_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("a", encoding="utf-8")
    told = refused(lambda env: env.text("T", "", ""), {"T": "b", "T_FILE": str(file)})
    assert told == "Give T or T_FILE, not both."


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "T_FILE cannot be read" in refused(lambda env: env.text("T", "", ""), {"T_FILE": str(tmp_path / "none")})
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert "T_FILE cannot be read" in refused(lambda env: env.text("T", "", ""), {"T_FILE": str(tmp_path / "binary")})


def test_a_value_in_a_file_is_judged_as_any_other(tmp_path: Path) -> None:
    file = tmp_path / "number"
    file.write_text("many", encoding="utf-8")
    assert "I must be a whole number" in refused(lambda env: env.integer("I", 1, ""), {"I_FILE": str(file)})


def test_places_of_data_are_absolute() -> None:
    assert read_data_settings(Environment({"REPRISE_DATA_ROOTS": "/gpfs,/asap3"}))[0] == ["/gpfs", "/asap3"]
    assert "must be absolute paths" in refused(read_data_settings, {"REPRISE_DATA_ROOTS": "gpfs"})
