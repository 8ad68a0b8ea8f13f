"""What the settings and the command line say of confinement is what a run gets."""

from __future__ import annotations

import argparse

import pytest

from reproduce import reproduction
from reproduce.cli.options import add_arguments, read_options
from reproduce.confining import configured_apptainer, configured_container
from reproduce.errors import RunError
from reproduce.reproduction import choose_sandbox
from reproduce.runner.job import Apptainer, Container


def test_what_is_wanted_goes_before_what_is_there(monkeypatch):
    monkeypatch.setattr(reproduction, "detect_sandbox", lambda: "bwrap")
    assert choose_sandbox("no", is_own=False) == "bwrap"
    assert choose_sandbox("no", is_own=False, wanted="container") == "container"


def test_wanting_a_sandbox_never_ends_without_one(monkeypatch):
    monkeypatch.setattr(reproduction, "detect_sandbox", lambda: None)
    assert choose_sandbox("all", is_own=True, wanted="bwrap") == "bwrap"
    with pytest.raises(RunError):
        choose_sandbox("no", is_own=True, wanted="none")


def test_the_engine_of_the_settings_runs_notebooks_too(settings, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///own")
    settings.REPRISE_CONTAINER_ENGINE = "none"
    assert configured_container() is None
    settings.REPRISE_CONTAINER_ENGINE, settings.REPRISE_RUN_IMAGE = "docker", "base:1"
    assert configured_container() == Container("docker", "unix:///own", "base:1")
    settings.REPRISE_CONTAINER_HOST = "unix:///set"
    assert configured_container() == Container("docker", "unix:///set", "base:1")


def test_apptainer_is_given_the_image_of_the_settings(settings):
    settings.REPRISE_RUN_SIF = "/srv/base.sif"
    assert configured_apptainer() == Apptainer("apptainer", "/srv/base.sif")


def test_the_command_line_names_a_confinement():
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert read_options(vars(parser.parse_args(["."]))).confinement is None
    assert read_options(vars(parser.parse_args([".", "--confinement", "container"]))).confinement == "container"
    with pytest.raises(SystemExit):
        parser.parse_args([".", "--confinement", "none"])
