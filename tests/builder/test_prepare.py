"""Which environment a snapshot is given: frozen as of a past date, fresh as of today. A quick engine stands in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from builder import advice
from builder import prepare as preparing
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import BuiltEnvironment, Lock, Package
from builder.errors import BuildError
from builder.models import Build, Environment, Snapshot
from builder.prepare import Prepared, open_build, prepare
from builder.recipe.model import Recipe
from builder.stages import StageClock
from catalog.models import AsOf, Publication


class QuickEngine:
    """Resolves to whatever the newest release is, and makes an empty directory."""

    name = "local"

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.newest = "1.0"
        self.resolved: list[Recipe] = []
        self.fails_with: Exception | None = None

    def resolve(self, recipe: Recipe, *, progress: Progress) -> Lock:
        progress.stage(Stage.RESOLVE)
        progress.log("Resolving")
        self.resolved.append(recipe)
        text = f'lock-version = "1.0"\n# {self.newest} {recipe.as_of:%Y}\n'
        packages = (Package("ipykernel", self.newest),)
        return Lock(text, hashlib.sha256(text.encode()).hexdigest(), "3.11.2", recipe.as_of, packages, ("Nearly.",))

    def build(self, recipe: Recipe, lock: Lock, *, source: Path, progress: Progress) -> BuiltEnvironment:
        progress.stage(Stage.INSTALL)
        if self.fails_with:
            raise self.fails_with
        progress.stage(Stage.VERIFY)
        (self.prefix / "file").write_bytes(b"1234")
        return BuiltEnvironment(
            engine=self.name,
            key=lock.sha256,
            prefix=self.prefix,
            python_version=lock.python_version,
            language="python",
            kernel_argv=("python",),
            readonly_paths=(),
            lock=lock,
            recipe_files=recipe.files,
            is_reused=False,
            build_s=0.5,
            details={"uv": "0.9"},
            companion={"locale": "C.UTF-8"},
        )


@pytest.fixture
def engine(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> QuickEngine:
    settings.REPRISE_DATA = tmp_path
    (tmp_path / "prefix").mkdir()
    made = QuickEngine(tmp_path / "prefix")
    monkeypatch.setattr(preparing, "ENGINES", {"local": lambda **_: made})
    monkeypatch.setattr(preparing, "choose_engine", lambda _recipe, **_: ("local", "It is the only one."))
    return made


@pytest.fixture
def snapshot(publication: Publication, tmp_path: Path) -> Snapshot:
    """A snapshot of the paper on this disk, committed on 1 April 2020; the paper is of 1 May 2020."""
    found = publication.repositories.get().snapshots.get()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "requirements.txt").write_text("numpy\n")
    found.path = str(tmp_path / "files")
    found.save()
    return found


@pytest.fixture
def make(snapshot: Snapshot, engine: QuickEngine) -> Callable[..., Prepared]:
    del engine

    def make(choice: str = AsOf.COMMIT, log: Callable[[str], None] = lambda _: None) -> Prepared:
        build = open_build(Snapshot.objects.get(pk=snapshot.pk), choice)
        stages = StageClock(build)
        return prepare(build, stages=stages, is_sandboxed=True, are_builds_allowed=True, progress=Progress(log))

    return make


def test_what_was_resolved_once_is_frozen(make: Callable[..., Prepared], engine: QuickEngine) -> None:
    first = make()
    engine.newest = "2.0"
    again = make()
    assert again.environment == first.environment
    assert len(engine.resolved) == 1
    assert again.environment.last_used_at > first.environment.last_used_at


def test_as_of_today_it_is_resolved_anew_and_kept_beside_the_frozen_one(
    make: Callable[..., Prepared], engine: QuickEngine
) -> None:
    frozen = make()
    make(AsOf.TODAY)
    engine.newest = "2.0"
    today = make(AsOf.TODAY)
    assert today.environment.packages == [{"name": "ipykernel", "version": "2.0"}]
    assert make().environment == frozen.environment
    choices = Environment.objects.order_by("pk").values_list("as_of_choice", flat=True)
    assert list(choices) == ["commit", "today", "today"]


@pytest.mark.parametrize(
    ("choice", "as_of", "reason"),
    [(AsOf.COMMIT, "2020-04-01", "the date of the commit"), (AsOf.PUBLICATION, "2020-05-01", "of the publication")],
)
def test_the_choice_decides_the_date(choice: str, as_of: str, reason: str, make: Callable[..., Prepared]) -> None:
    environment = make(choice).environment
    assert environment.as_of_choice == choice
    assert environment.as_of.date().isoformat() == as_of
    assert reason in environment.recipe["as_of_reason"]


def test_a_corrected_date_of_the_publication_is_not_answered_from_the_past(
    make: Callable[..., Prepared], publication: Publication
) -> None:
    make(AsOf.PUBLICATION)
    Publication.objects.filter(pk=publication.pk).update(published_on=date(2021, 5, 1))
    assert make(AsOf.PUBLICATION).environment.as_of.year == 2021


def test_what_is_known_of_the_environment_is_on_record(make: Callable[..., Prepared]) -> None:
    environment = make().environment
    assert environment.details == {"uv": "0.9", "engine_reason": "It is the only one."}
    assert environment.companion == {"locale": "C.UTF-8"}
    assert environment.size_bytes == 4
    assert "Nearly." in environment.approximations
    assert environment.as_of == datetime(2020, 4, 1, tzinfo=UTC)


def test_the_build_tells_its_stages_its_engine_and_why_it_was_chosen(make: Callable[..., Prepared]) -> None:
    build = Build.objects.get(pk=make().build.pk)
    assert (build.state, build.engine, build.stage) == ("succeeded", "local", "")
    assert [row["stage"] for row in build.stages] == ["resolve", "install", "verify"]
    assert "Engine local: It is the only one." in build.log


def test_a_build_that_fails_keeps_the_stage_the_cause_and_the_log(
    make: Callable[..., Prepared], engine: QuickEngine
) -> None:
    engine.fails_with = BuildError("package-build-failed", package="x", reason="no compiler", python="3.11")
    with pytest.raises(BuildError):
        make()
    build = Build.objects.get()
    assert (build.state, build.stage, build.cause["id"]) == ("failed", "install", "package-build-failed")
    assert "Resolving" in build.log
    assert not Environment.objects.exists()


def test_a_log_without_end_is_cut_in_its_middle(make: Callable[..., Prepared], engine: QuickEngine) -> None:
    told: list[str] = []

    def resolve(recipe: Recipe, *, progress: Progress) -> Lock:
        for number in range(10_000):
            progress.log(f"line {number}")
        return QuickEngine.resolve(engine, recipe, progress=progress)

    engine.resolve = resolve  # type: ignore[method-assign]  # a talkative one
    log = Build.objects.get(pk=make(log=told.append).build.pk).log
    assert "line 0\n" in log
    assert "line 9999\n" in log
    assert "lines are left out here" in log
    assert len(told) < 4_000


def test_a_stage_that_comes_again_adds_to_its_time(snapshot: Snapshot) -> None:
    moments = iter([0.0, 1.0, 1.0, 3.0, 3.0, 6.0])
    clock = StageClock(open_build(snapshot), now=lambda: next(moments))
    for stage in (Stage.DOWNLOAD, Stage.BUILD, Stage.DOWNLOAD):
        clock.begin(stage)
    assert clock.end() == {
        "stage": "",
        "stages": [{"stage": "download", "seconds": 4.0}, {"stage": "build", "seconds": 2.0}],
    }


def test_a_clock_shows_the_stage_under_way(snapshot: Snapshot) -> None:
    build = open_build(snapshot)
    clock = StageClock(build)
    clock.begin(Stage.DOWNLOAD)
    clock.flush()
    build.refresh_from_db()
    assert (build.stage, build.stages) == ("download", [])


def test_a_late_flush_does_not_open_a_build_again(snapshot: Snapshot) -> None:
    build = open_build(snapshot)
    clock = StageClock(build)
    Build.objects.filter(pk=build.pk).update(state="succeeded", stage="")
    clock.begin(Stage.VERIFY)
    clock.flush()
    build.refresh_from_db()
    assert build.stage == ""


def test_an_environment_that_is_there_is_not_measured_again(
    make: Callable[..., Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    monkeypatch.setattr(preparing, "size_of", lambda _: pytest.fail("measured again"))
    assert make().environment.size_bytes == 4


def test_once_resolved_the_advice_names_versions(make: Callable[..., Prepared], snapshot: Snapshot) -> None:
    make()
    snapshot.refresh_from_db()
    assert any("ipykernel" in row["fix"] or "numpy" in row["fix"] for row in snapshot.advice)


def test_what_the_linter_cannot_say_does_not_end_a_build(
    make: Callable[..., Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr(advice, "lint", fail)
    assert make().environment.key
