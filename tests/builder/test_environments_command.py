"""manage.py environments, on environments that were really built."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from builder.engines.containers.image_records import ImageRecord, ImageRecords
from builder.engines.containers.roots import RootStore
from builder.engines.interpreters import Interpreter, discover, nearest
from builder.engines.leases import in_use
from builder.engines.local import LocalEngine
from builder.engines.progress import Progress
from builder.engines.protocol import BuiltEnvironment
from builder.kept_recipe import recipe_to_json
from builder.management.commands import environments
from builder.models import Environment, Snapshot
from builder.prepare import artefact_store
from builder.recipe.model import Recipe, Requirement
from catalog.models import Publication
from tests.builder.engines.local_index import LocalIndex, serve_index

pytestmark = [pytest.mark.real, pytest.mark.django_db]
quiet = Progress(lambda _: None)


@pytest.fixture(scope="module")
def index() -> Iterator[LocalIndex]:
    with serve_index() as served:
        served.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
        yield served


@pytest.fixture(scope="module")
def python() -> Interpreter:
    return nearest(discover(), "3.11")[0]


@pytest.fixture
def recipe(python: Interpreter) -> Recipe:
    listed = tuple(Requirement(text, "requirements.txt") for text in ("optics", "ipykernel"))
    as_of = datetime(2018, 1, 1, tzinfo=UTC)
    return Recipe(("requirements.txt",), listed, python.version, "the test says so", as_of, "the commit", False)


@pytest.fixture
def built(index: LocalIndex, recipe: Recipe, tmp_path: Path, settings: object) -> BuiltEnvironment:
    """An environment in the store of an installation of its own, last used long ago."""
    settings.REPRISE_DATA = tmp_path  # type: ignore[attr-defined]
    settings.REPRISE_INDEX_URL = index.url  # type: ignore[attr-defined]
    engine = LocalEngine(tmp_path / "environments", index_url=index.url)
    made = engine.build(recipe, engine.resolve(recipe, progress=quiet), source=Path(), progress=quiet)
    os.utime(made.prefix.with_name(f".{made.key}.used"), (1_700_000_000, 1_700_000_000))
    return made


def said(*arguments: str) -> str:
    stream = StringIO()
    call_command("environments", *arguments, stdout=stream)
    return stream.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        said(*arguments)
    return str(caught.value)


def test_the_list_tells_what_there_is(built: BuiltEnvironment) -> None:
    table = said("list").splitlines()
    assert table[0].split() == [
        "KEY",
        "ENGINE",
        "PYTHON",
        "AS",
        "OF",
        "PACKAGES",
        "SIZE",
        "LAST",
        "USED",
        "KEPT",
        "BECAUSE",
    ]
    assert table[1].split()[:4] == [built.key[:12], "local", built.python_version, "2018-01-01"]
    assert table[-1].startswith("1 environments, ")


def test_the_list_has_a_machine_twin(built: BuiltEnvironment) -> None:
    with in_use(built.prefix):
        [row] = json.loads(said("list", "--json"))["environments"]
    assert row["key"] == built.key
    assert row["package_digest"] == built.details["package_digest"]
    assert row["is_in_use"] is True
    assert row["kept_because"] == "a run is in it"


def test_an_empty_store_is_listed_as_such(tmp_path: Path, settings: object) -> None:
    settings.REPRISE_DATA = tmp_path  # type: ignore[attr-defined]
    assert said("list").startswith("There is no environment.")


def test_verify_passes_what_is_whole_and_names_what_is_not(built: BuiltEnvironment) -> None:
    assert said("verify", built.key[:8]) == f"{built.key[:12]}  whole\n"
    module = next(built.prefix.glob("lib/python*/site-packages/optics.py"))
    module.unlink()
    stream = StringIO()
    with pytest.raises(CommandError, match="1 of 1 environments are damaged"):
        call_command("environments", "verify", "--all", stdout=stream)
    assert f"  {module.relative_to(built.prefix)} is missing" in stream.getvalue()


def test_prune_keeps_the_quota_that_is_given(built: BuiltEnvironment) -> None:
    assert f"{built.key[:12]}  may go" in said("prune", "--quota", "1K", "--dry-run")
    assert built.prefix.is_dir()
    assert f"{built.key[:12]}  removed" in said("prune", "--quota", "1K")
    assert not built.prefix.exists()


def test_prune_removes_what_was_long_unused(built: BuiltEnvironment) -> None:
    assert "0 environments removed" in said("prune", "--unused-for", "36000")
    assert "1 environments removed" in said("prune", "--unused-for", "30")


def test_prune_without_any_quota_is_refused(built: BuiltEnvironment) -> None:
    assert "There is no quota" in refused("prune")


def test_while_nobody_knows_what_is_needed_nothing_is_pruned(
    built: BuiltEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> dict[str, str]:
        raise OperationalError("connection refused")

    monkeypatch.setattr(environments, "reasons_to_keep", fail)
    assert "The database does not answer" in refused("prune", "--quota", "1K")
    assert built.prefix.is_dir()


def test_export_writes_what_another_place_needs(built: BuiltEnvironment, tmp_path: Path) -> None:
    said("export", built.key[:8], "--to", str(tmp_path / "out"))
    files = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert files["pylock.toml"] == built.lock.text
    assert "optics==1.0 \\\n    --hash=sha256:" in files["requirements.txt"]
    assert files["runtime.txt"] == "python-{}.{}\n".format(*built.python_version.split("."))
    assert json.loads(files["companion.json"]) == built.companion
    assert json.loads(files["recipe.json"])["files"] == ["requirements.txt"]


def test_the_same_environment_makes_the_same_archive(built: BuiltEnvironment, tmp_path: Path) -> None:
    for name in ("one.tar.gz", "two.tar.gz"):
        said("export", built.key, "--to", str(tmp_path / name))
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "one.tar.gz") as archive:
        assert len(archive.getnames()) == 5


def test_an_environment_that_is_no_image_is_not_written_as_one(built: BuiltEnvironment, tmp_path: Path) -> None:
    answer = refused("export", built.key, "--format", "sif", "--to", str(tmp_path / "environment.sif"))
    assert answer == f"{built.key[:12]} is no image: it cannot be written as sif."


@pytest.fixture
def image(tmp_path: Path, settings: object) -> str:
    """An environment of an image, as the engines keep it: its record and its unpacked root."""
    settings.REPRISE_DATA = tmp_path  # type: ignore[attr-defined]
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        entry = tarfile.TarInfo("bin/tool")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"tool"))
    store = tmp_path / "environments"
    digest = "sha256:" + "ab" * 32
    RootStore(store / "roots").put(lambda: nullcontext(io.BytesIO(content.getvalue())), digest=digest, progress=quiet)
    record = ImageRecord("cd" * 32, digest, "", "/usr", "3.11.2", "python", ("python3",), ())
    ImageRecords(store / "images").keep("ef" * 32, record)
    os.utime(store / "roots" / ("ab" * 32), (1_700_000_000, 1_700_000_000))
    return record.key


def test_an_image_is_listed_verified_and_pruned_like_any_other(image: str, tmp_path: Path) -> None:
    [row] = json.loads(said("list", "--json"))["environments"]
    assert (row["key"], row["python"], row["is_in_use"]) == (image, "3.11.2", False)
    assert said("verify", image) == f"{image[:12]}  whole\n"
    root = tmp_path / "environments" / "roots" / ("ab" * 32)
    (root / "root" / "bin" / "tool").write_bytes(b"harm")
    assert "1 of 1 environments are damaged" in refused("verify", "--all")
    assert f"{image[:12]}  removed" in said("prune", "--quota", "1K")
    assert not root.exists()


def test_rebuild_makes_the_same_again(built: BuiltEnvironment) -> None:
    next(built.prefix.glob("lib/python*/site-packages/optics.py")).write_text("version = '6.6'")
    assert "It holds the same files.\n" in said("rebuild", built.key[:8])
    assert said("verify", built.key) == f"{built.key[:12]}  whole\n"


def test_a_rebuild_that_fails_leaves_what_was_there(built: BuiltEnvironment, index: LocalIndex) -> None:
    kept = dict(index.served)
    for folder in ("cache", "wheels"):
        place = built.prefix.parent.parent / folder
        if place.exists():
            place.rename(place.with_name(f"{folder}-away"))
    index.served.pop("optics-1.0-py3-none-any.whl")
    try:
        assert "optics" in refused("rebuild", built.key)
    finally:
        index.served.update(kept)
    assert said("verify", built.key) == f"{built.key[:12]}  whole\n"


def test_an_environment_somebody_runs_in_is_not_rebuilt(built: BuiltEnvironment) -> None:
    with in_use(built.prefix):
        assert refused("rebuild", built.key) == f"{built.key[:12]} is in use: a run is in it"


def test_what_was_evicted_is_rebuilt_from_its_record(
    built: BuiltEnvironment, recipe: Recipe, publication: Publication
) -> None:
    artefact_store().put_bytes(built.lock.text.encode())
    snapshot = Snapshot.objects.create(
        repository=publication.repositories.get(), state="ready", commit="c" * 40, swhid="swh:1:dir:0", path="/nowhere"
    )
    Environment.objects.create(
        snapshot=snapshot,
        engine="local",
        as_of=built.lock.as_of,
        python=built.python_version,
        recipe=recipe_to_json(recipe),
        key=built.key,
        lock_sha256=built.lock.sha256,
        built_s=1,
    )
    said("prune", "--quota", "1K")
    assert not built.prefix.exists()
    said("rebuild", built.key[:10])
    [row] = json.loads(said("list", "--json"))["environments"]
    assert row["package_digest"] == built.details["package_digest"]


def test_a_key_that_is_none_is_told(built: BuiltEnvironment) -> None:
    assert "There is no environment whose key begins with “zz”" in refused("export", "zz", "--to", "/nowhere")
