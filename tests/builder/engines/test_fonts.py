"""The fonts that are shipped with an environment."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from builder.engines.fonts import FontSet, keep_fonts
from builder.engines.sandbox import sandboxed


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine's font directory with two fonts, one behind a link, and a file that is none."""
    place = tmp_path / "machine" / "fonts"
    (place / "truetype" / "dejavu").mkdir(parents=True)
    (place / "truetype" / "dejavu" / "DejaVuSans.ttf").write_bytes(b"sans")
    (place / "README").write_text("no font")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "modern.otf").write_bytes(b"modern")
    (place / "texmf").symlink_to(tmp_path / "elsewhere")
    (place / "truetype" / "circle").symlink_to(place)
    return place


def kept(machine: Path, tmp_path: Path, **options: int) -> FontSet:
    return keep_fonts(tmp_path / "kept", places={str(machine): "system"}, **options)


def test_a_set_holds_the_fonts_and_nothing_else(machine: Path, tmp_path: Path) -> None:
    fonts = kept(machine, tmp_path)
    files = sorted(str(path.relative_to(fonts.path)) for path in fonts.path.rglob("*") if path.is_file())
    assert files == ["fonts.conf", "system/texmf/modern.otf", "system/truetype/dejavu/DejaVuSans.ttf"]
    assert (fonts.count, fonts.size_bytes) == (2, 10)


def test_a_later_change_of_the_machine_makes_another_set(machine: Path, tmp_path: Path) -> None:
    before = kept(machine, tmp_path)
    (machine / "truetype" / "dejavu" / "DejaVuSans.ttf").write_bytes(b"sans, mended")
    after = kept(machine, tmp_path)
    assert after.digest != before.digest
    assert (before.path / "system/truetype/dejavu/DejaVuSans.ttf").read_bytes() == b"sans"


def test_the_same_fonts_are_kept_once(machine: Path, tmp_path: Path) -> None:
    first = kept(machine, tmp_path)
    made_at = first.path.stat().st_mtime_ns
    os.utime(machine / "truetype" / "dejavu" / "DejaVuSans.ttf", (1, 1))
    assert kept(machine, tmp_path) == first
    assert first.path.stat().st_mtime_ns == made_at


def test_beyond_the_limit_the_common_fonts_stay_and_it_is_said(machine: Path, tmp_path: Path) -> None:
    fonts = kept(machine, tmp_path, limit_bytes=5)
    assert [path.name for path in fonts.path.rglob("*.ttf")] == ["DejaVuSans.ttf"]
    assert fonts.left_out == 1
    assert fonts.as_dict()["note"].startswith("1 fonts of this machine are left out")


def test_a_machine_without_fonts_has_an_empty_set_and_says_so(tmp_path: Path) -> None:
    fonts = keep_fonts(tmp_path / "kept", places={str(tmp_path / "none"): "system"})
    assert fonts.count == 0
    assert fonts.as_dict()["note"] == "this machine has no fonts"


def test_a_set_that_was_half_deleted_is_made_again(machine: Path, tmp_path: Path) -> None:
    fonts = kept(machine, tmp_path)
    (fonts.path / "fonts.conf").unlink()
    shutil.rmtree(fonts.path / "system")
    assert (kept(machine, tmp_path).path / "system/texmf/modern.otf").is_file()


@pytest.mark.real
def test_fontconfig_sees_the_set_and_not_the_machine(tmp_path: Path) -> None:
    program = shutil.which("fc-list")
    assert program is not None
    fonts = keep_fonts(tmp_path / "kept")
    kept_name = sorted((fonts.path / "system").rglob("*.ttf"))[0]
    for path in (fonts.path / "system").rglob("*.ttf"):
        if path != kept_name:
            path.unlink()
    variables = {"PATH": "/usr/bin", "HOME": str(tmp_path), **dict(fonts.variables())}
    command = sandboxed(
        [program, "--format", "%{file}\n"],
        readonly=(fonts.path,),
        writable=(tmp_path,),
        variables=variables,
        cwd=tmp_path,
        mounts=fonts.mounts(),
        has_network=False,
    )
    seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert [Path(path).name for path in seen] == [kept_name.name]
    assert all(path.startswith("/usr/share/fonts/") for path in seen)
