"""The operator names environments; what is no list of names and places is refused at the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment
from config.given_settings import read_given_settings

DATA = Path("/gpfs/reprise")


def read(**values: str) -> tuple[dict[str, Path], dict[str, tuple[str, ...]]]:
    return read_given_settings(Environment(values), data=DATA)


def test_names_lead_to_prefixes_and_modules() -> None:
    prefixes, modules = read(
        REPRISE_GIVEN_PREFIXES="nexus=/gpfs/conda/nexus, ptycho=/opt/ptycho",
        REPRISE_GIVEN_MODULES="x=exfel/2024+gcc/12",
    )
    assert prefixes == {"nexus": Path("/gpfs/conda/nexus"), "ptycho": Path("/opt/ptycho")}
    assert modules == {"x": ("exfel/2024", "gcc/12")}


def test_without_any_nothing_is_given() -> None:
    assert read() == ({}, {})


@pytest.mark.parametrize(
    "value",
    ["nexus", "nexus=", "=/opt/x", "nexus=opt/x", "a b=/opt/x", "a=/opt/x,a=/opt/y", "a=/", "a=/opt/../x", "../a=/opt"],
)
def test_what_is_no_list_of_prefixes_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REPRISE_GIVEN_PREFIXES"):
        read(REPRISE_GIVEN_PREFIXES=value)


@pytest.mark.parametrize("path", ["/gpfs", "/gpfs/reprise", "/gpfs/reprise/environments/envs/x"])
def test_what_this_service_keeps_is_given_to_nobody(path: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="apart from /gpfs/reprise"):
        read(REPRISE_GIVEN_PREFIXES=f"own={path}")


@pytest.mark.parametrize("value", ["x=a;b", "x=../a", "x=a++b", "x=$(id)", "x"])
def test_what_are_no_modules_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REPRISE_GIVEN_MODULES"):
        read(REPRISE_GIVEN_MODULES=value)


def test_a_name_means_one_environment() -> None:
    with pytest.raises(ImproperlyConfigured, match="names nexus"):
        read(REPRISE_GIVEN_PREFIXES="nexus=/opt/x", REPRISE_GIVEN_MODULES="nexus=exfel")
