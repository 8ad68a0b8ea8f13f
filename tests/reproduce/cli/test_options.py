"""The arguments: what each may be."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import pytest

from reproduce.cli import options, tolerance
from reproduce.cli.options import Options, add_arguments, read_options
from reproduce.compare import Tolerance


def parse(*arguments: str) -> Options:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return read_options(vars(parser.parse_args(arguments)))


def test_the_defaults_are_the_frozen_environment_sandboxed_one_at_a_time() -> None:
    assert parse(".") == Options(source=".")


def test_every_option_is_taken_over() -> None:
    found = parse(
        *("paper", "--notebook", "a*", "--notebook", "b*", "--as-of", "today", "--engine", "local", "--python", "3.9"),
        *("--param", "n=3", "--timeout", "2.5", "--jobs", "4", "--repeat", "5", "--out", "there", "--json", "-"),
        *(
            "--allow-unsandboxed",
            "--allow-private",
            "--allow-host",
            "Data.example.org",
            "--allow-host",
            "*.example.net:81",
        ),
    )
    assert (found.notebooks, found.as_of, found.python) == (("a*", "b*"), "today", "3.9")
    assert (found.parameters, found.timeout_s, found.jobs, found.repeat) == ((("n", 3),), 2.5, 4, 5)
    assert found.allowed_hosts == ("data.example.org", "*.example.net:81")
    assert (str(found.out), found.json, found.allow_unsandboxed, found.allow_private) == ("there", "-", True, True)


def test_an_image_that_is_given_is_what_makes_the_environment() -> None:
    found = parse(".", "--image", "quay.io/org/name:tag")
    assert (found.engine, found.image) == ("image", "quay.io/org/name:tag")


@pytest.mark.parametrize("text", ["", "--privileged", "a b", "name;id", "Name", "x" * 300])
def test_what_is_no_image_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        options.image(text)


@pytest.mark.parametrize("text", ["", "0", "6", "two", "1.5", "²"])
def test_what_is_no_number_of_runs_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="between 1 and 5"):
        options.repeat(text)


@pytest.mark.parametrize("text", ["", "*", "127.0.0.1", "https://data.example.org", "data"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="not a host"):
        options.host(text)


def test_the_date_of_the_publication_may_be_asked_for() -> None:
    assert parse(".", "--as-of", "publication").as_of == "publication"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n=3", 3),
        ("x=2.5", 2.5),
        ("x=1e-3", 0.001),
        ("x=.inf", float("inf")),
        ("mask=0x1F", 31),
        ("answer=no", "no"),
        ("code=012", 12),
        ("flag=true", True),
        ("name=silica", "silica"),
        ("day=2021-08-31", "2021-08-31"),
        ("quoted='3'", "3"),
        ("nothing=", None),
        ("formula=a=b", "a=b"),
    ],
)
def test_a_parameter_is_typed_as_a_yaml_scalar(text: str, value: object) -> None:
    name, found = options.parameter(text)
    assert name == text.partition("=")[0]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", ["n", "=3", "2n=3", "a b=1", "n=[1, 2]", "n={a: 1}"])
def test_what_is_no_parameter_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        options.parameter(text)


def test_a_date_means_its_last_moment() -> None:
    assert options.as_of("2021-08-31") == datetime(2021, 8, 31, 23, 59, 59, tzinfo=UTC)


def test_a_time_keeps_its_zone() -> None:
    assert options.as_of("2021-08-31T12:00:00+02:00") == datetime(2021, 8, 31, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2021-13-01", "31.08.2021", "1990-01-01", ""])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        options.as_of(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9", "soon", ""])
def test_what_is_no_time_limit_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        options.seconds(text)


@pytest.mark.parametrize("text", ["0", "-2", "1.5", "257", "²", "many"])
def test_what_is_no_number_of_jobs_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        options.jobs(text)


@pytest.mark.parametrize("text", ["3", "3.9.", "4.0", "3.x", "--"])
def test_what_is_no_python_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        options.python_version(text)


def test_data_are_a_place_and_a_path_that_is_there(tmp_path):
    assert parse("paper", "--data", f"data/raw={tmp_path}", "--data", f"$SCAN={tmp_path}").data == (
        ("data/raw", tmp_path.resolve()),
        ("$SCAN", tmp_path.resolve()),
    )


@pytest.mark.parametrize("value", ["data", "=/tmp", "../x=/tmp", "$PATH=/tmp", "data=/absent/path"])
def test_data_that_cannot_be_meant_are_wrong_usage(value):
    with pytest.raises(SystemExit):
        parse("paper", "--data", value)


def test_output_files_are_patterns_in_the_repository():
    assert parse("paper", "--output-file", "out/*.csv").output_files == ("out/*.csv",)
    for value in ("../x", "/etc/passwd", ""):
        with pytest.raises(SystemExit):
            parse("paper", "--output-file", value)


def test_a_tolerance_that_is_asked_for_goes_before_the_declared_one() -> None:
    asked = parse(".", "--rtol", "1e-3", "--disable-rule", "timings", "--disable-rule", "dates").tolerance
    declared = Tolerance(rtol=0.5, atol=0.25, image=2.0, disabled_rules=frozenset({"paths"}))
    assert asked.over(declared) == Tolerance(1e-3, 0.25, 2.0, frozenset({"timings", "dates"}))
    assert parse(".", "--atol", "0", "--image-limit", "3").tolerance.over(declared) == Tolerance(
        0.5, 0.0, 3.0, frozenset({"paths"})
    )


@pytest.mark.parametrize("text", ["", "-1", "nan", "inf", "a"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        tolerance.limit(text)


def test_a_rule_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(".", "--disable-rule", "no-such-rule")
    assert "literal-order" in capsys.readouterr().err
