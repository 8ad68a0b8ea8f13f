"""A figure that another release of matplotlib drew: the notebook is run with neighbouring ones for real."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from builder.models import Environment, Snapshot
from builder.snapshot.notebooks import outline_notebook
from catalog.models import Target
from reproduce.cli import redraw_command
from reproduce.cli.options import Options
from reproduce.cli.redraw import Redrawn, Trial
from reproduce.cli.redraw_command import Asked, lines_of, run_redraw
from reproduce.cli.redraw_subject import subject_of
from reproduce.compare import Likeness, RecordedComparison
from reproduce.models import Run
from tests.evidence import make_environment
from tests.reproduce.cli.conftest import AS_OF, PROJECT, REPOSITORIES

SCHEMA = json.loads((PROJECT / "docs" / "schemas" / "redrawing.schema.json").read_text())
DRAWN = REPOSITORIES / "drawn-by-an-earlier-version"
PLACE = "figure-1.ipynb, cell 2, output 1"


@pytest.fixture
def redraw(tmp_path: Path, settings: Settings) -> Callable[..., tuple[int, str, str]]:
    """Call the command in this process; return exit code and streams. No trial leaves anything."""
    settings.REPRISE_RUN_TIMEOUT_S = settings.REPRISE_CELL_TIMEOUT_S = 120

    def call(source: Path | str, *versions: str, cell: int | None = None, **options: Any) -> tuple[int, str, str]:  # noqa: ANN401 - the fields of Options
        stdout, stderr = io.StringIO(), io.StringIO()
        asked = Asked(Options(str(source), **{"as_of": AS_OF, **options}), versions, 4, 3600, cell)
        code = run_redraw(asked, stdout=stdout, stderr=stderr)
        assert not list((Path(settings.REPRISE_DATA) / "scratch").glob("redraw-*"))
        return code, stdout.getvalue(), stderr.getvalue()

    return call


Redraw = Callable[..., tuple[int, str, str]]


@pytest.mark.real
@pytest.mark.enable_socket
def test_the_release_that_gives_the_published_pixels_is_found_among_neighbours(redraw: Redraw) -> None:
    code, text, progress = redraw(DRAWN, "3.9", "3.7", json="-")
    found = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(found)
    assert (code, found["version"]) == (0, "3.8.4")
    (figure,) = found["figures"]
    assert (figure["cell"], figure["is_equal"], figure["is_same_figure"]) == (2, False, True)
    assert (figure["given_by"], figure["nearest"]) == ("3.7.5", "3.7.5")
    tried = [(trial["version"], trial["figures"][0]["is_equal"], trial["others"]) for trial in found["trials"]]
    assert tried == [("3.9.0", False, []), ("3.7.5", True, [])]
    assert [trial["figures"][0]["recorded"] for trial in found["trials"]] == ["identical", "identical"]
    assert f"matplotlib 3.7.5, {PLACE}: the published pixels." in progress
    assert "matplotlib 3.7.5 gives the published pixels." in progress.splitlines()[-1]


@pytest.mark.real
@pytest.mark.enable_socket
def test_where_no_release_gives_the_pixels_the_nearest_is_named_and_the_exit_code_is_1(redraw: Redraw) -> None:
    code, text, _ = redraw(DRAWN, "3.99", "3.9")
    assert code == 1
    assert "matplotlib 3.99: not drawn. The requirements cannot be met" in text
    assert text.splitlines()[-1].endswith("none that was tried gives the published pixels, 3.8.4 is nearest.")


@pytest.mark.real
@pytest.mark.enable_socket
def test_where_every_pixel_is_as_published_nothing_is_drawn_again(redraw: Redraw, repository: Path) -> None:
    code, text, _ = redraw(repository, "3.7")
    assert (code, text.splitlines()[-1]) == (0, "No figure is the same but for its pixels, so none is drawn again.")
    assert "Drawing with" not in text


def test_each_line_on_a_figure_that_is_another_one_there_names_it() -> None:
    likeness = Likeness(is_equal=False, is_same_figure=False, metric=3.2, share=0.02)
    changed = RecordedComparison("differs", (), reason="Another set of colours.")
    figures = tuple(Redrawn(("a.ipynb", cell, 1), likeness, changed) for cell in (3, 5))
    told = lines_of(Trial("3.0", "3.0.3", AS_OF, ("pytz",), None, figures))
    said = "the figure itself is another one there. Another set of colours."
    assert told[1::2][:2] == [f"matplotlib 3.0.3, a.ipynb, cell {cell}, output 1: {said}" for cell in (3, 5)]


def test_a_source_that_is_none_is_wrong_usage(redraw: Redraw) -> None:
    code, _, said = redraw("no such thing")
    assert (code, "no such thing" in said) == (64, True)


def test_an_unexpected_error_is_one_message_with_the_traceback_in_a_file(
    redraw: Redraw, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(redraw_command, "subject_of", fail)
    code, _, said = redraw(DRAWN)
    assert (code, "of all things" in said, "Traceback (most recent" in said) == (70, True, False)
    place = Path(said.partition("Traceback: ")[2].strip())
    assert place == Path(settings.REPRISE_DATA) / "internal-error.log"
    assert "ZeroDivisionError" in place.read_text()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_as_one(redraw: Redraw, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, "full")

    monkeypatch.setattr(redraw_command, "subject_of", fail)
    code, _, said = redraw(DRAWN)
    assert (code, "no disk space left" in said) == (70, True)


@pytest.mark.parametrize("arguments", [["--versions", "new"], ["--most", "99"], ["--within", "0"], ["--loud"]])
def test_wrong_arguments_are_refused_before_any_work(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=arguments[0]):
        call_command("redraw", str(DRAWN), *arguments)


@pytest.fixture
def on_record(target: Target) -> Run:
    """A run of the notebook, with its snapshot and the date of its environment."""
    outline = dataclasses.asdict(outline_notebook(DRAWN, "figure-1.ipynb"))
    snapshots = Snapshot.objects.filter(repository=target.repository)
    snapshots.update(path=str(DRAWN), notebooks=[{**outline, "figures": list(outline["figures"])}])
    snapshot = snapshots.get()
    Target.objects.filter(pk=target.pk).update(notebook="figure-1.ipynb", cells=[])
    environment = make_environment(snapshot)
    Environment.objects.filter(pk=environment.pk).update(as_of=AS_OF)
    return Run.objects.create(
        target=target, reason=Run.Reason.CLICK, state=Run.State.DONE, snapshot=snapshot, environment=environment
    )


@pytest.mark.django_db
def test_of_a_run_on_record_its_own_snapshot_date_and_declarations_are_taken(on_record: Run) -> None:
    subject = subject_of(Options(str(on_record.pk), notebooks=("*",), as_of="today"), on_log=print)
    assert on_record.snapshot is not None
    assert (subject.facts.path, subject.facts.commit) == (DRAWN, on_record.snapshot.commit)
    assert (subject.options.notebooks, subject.options.as_of) == (("figure-1.ipynb",), AS_OF)
    assert subject.found.declared["figure-1.ipynb"].parameters == on_record.target.parameters


@pytest.mark.real
@pytest.mark.enable_socket
@pytest.mark.django_db
def test_a_run_on_record_is_drawn_again_by_its_id(redraw: Redraw, on_record: Run) -> None:
    code, text, _ = redraw(str(on_record.pk), "3.7", cell=2)
    assert (code, text.splitlines()[-1].endswith("matplotlib 3.7.5 gives the published pixels.")) == (0, True)
    code, text, _ = redraw(str(on_record.pk), "3.7", cell=1)
    assert (code, "Drawing with" in text) == (0, False)
