"""Files made to harm: a clear refusal or a right answer, in bounded time, and never another file's content."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import h5py
import pytest

from reproduce.preview.asking import ask
from reproduce.preview.limits import PreviewLimits
from reproduce.preview.question import Format, Part, Question, RefusedError
from tests.reproduce.preview.files import write_scan
from tests.reproduce.preview.hostile_files import (
    HOSTILE,
    SECRET,
    broken_files,
    mutations,
    write_hostile,
    write_secret,
)
from tests.reproduce.preview.many_questions import ROOT, Came, ask_many

LIMITS: Final = PreviewLimits(at_a_time=1, memory_bytes=2**30, seconds=60, kept_bytes=0)
MUTATIONS: Final = 300
ASKED: Final[tuple[tuple[str, Part, str, Format], ...]] = (
    ("root", "meta", "/", "json"),
    ("paths", "paths", "/", "json"),
    ("x", "meta", "/x", "json"),
    ("attributes", "attr", "/x", "json"),
    ("values", "data", "/x", "json"),
    ("bytes", "data", "/x", "bin"),
    ("stats", "stats", "/x", "json"),
    ("tree", "tree", "/", "json"),
    ("plot", "plot", "/", "json"),
)
# Of one file alone.
MORE: Final[dict[tuple[str, str], Question]] = {
    ("100,000 members", "listed"): Question("meta", "f.h5", "/many"),
    ("100,000 members", "single"): Question("attr", "f.h5", "/many/99999"),
    ("10^9 values in chunks never written", "slice"): Question("data", "f.h5", "/x", selection="999999998:"),
    ("ten gigabytes packed small", "slice"): Question("data", "f.h5", "/x", selection="10066329599"),
}
# What must come of some questions: words of an answer, or of a refusal.
EXPECTED: Final[dict[tuple[str, str], str]] = {
    ("external link", "x"): '"kind":"external_link"',
    ("external link", "values"): "/x is not a dataset",
    ("external link", "plot"): "no numbers to plot",
    ("external storage", "values"): "lie in another file, which is not opened",
    ("external storage", "plot"): "lie in another file, which is not opened",
    ("virtual dataset of another file", "values"): "of other files, which are not opened",
    ("virtual dataset of another file", "stats"): "of other files, which are not opened",
    ("virtual datasets of each other", "values"): "made of virtual datasets",
    ("filter of its own", "values"): "filter 32008",
    ("10^9 values in chunks never written", "values"): "1000000000 values of 8 bytes are asked for",
    ("10^9 values in chunks never written", "bytes"): "1000000000 values of 8 bytes are asked for",
    ("10^9 values in chunks never written", "plot"): "PNG",
    ("10^9 values never written", "stats"): "1000000000 values of 8 bytes are asked for",
    ("ten gigabytes packed small", "values"): "values of 1 bytes are asked for",
    ("ten gigabytes packed small", "plot"): "600 chunks would have to be unpacked",
    ("a chunk of two gigabytes", "plot"): "chunks are of more than 128 MiB",
    ("10,000 groups in each other", "paths"): "ask for those of a group",
    ("10,000 groups in each other", "tree"): '"is_cut":true',
    ("10,000 groups in each other", "values"): "1.0",
    ("links in circles", "paths"): '["/","/group","/group/self","/group/up","/one","/two","/x"]',
    ("links in circles", "x"): '"kind":"soft_link"',
    ("100,000 members", "paths"): "more than 50000 paths",
    ("100,000 members", "listed"): "/many has 100000 members, and 10000 are listed",
    ("100,000 members", "single"): "{}",
    ("10^9 values in chunks never written", "slice"): "[7.0,7.0]",
    ("ten gigabytes packed small", "slice"): "0",
    ("100,000 members", "tree"): '"is_cut":true',
    ("a large attribute", "attributes"): "the attribute large is of more than 1024 KiB",
    ("a large attribute", "x"): '"shape":[262144]',
    ("names that are no text", "root"): "\N{REPLACEMENT CHARACTER}",
    ("names that are no text", "x"): "\N{REPLACEMENT CHARACTER}",
    ("names that are no text", "tree"): "<script>",
    ("names that are no text", "attributes"): "\N{REPLACEMENT CHARACTER}",
    ("32 dimensions", "values"): "values of 8 bytes are asked for",
    ("types in types", "values"): "[[]]",
    ("references", "values"): "HDF5 object reference",
    ("references", "bytes"): "given as JSON alone",
    ("nothing but NaN", "values"): "[[null,null",
    ("nothing but NaN", "stats"): '"min":null',
    ("nothing but NaN", "plot"): "none of the values of /x",
    ("a default outside", "plot"): "PNG",
}


@pytest.fixture(scope="module")
def came(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Came]:
    """What came of all questions to all hostile files."""
    folder = tmp_path_factory.mktemp("hostile")
    secret = write_secret(folder / "secret.h5")
    paths = {name: write_hostile(name, folder / f"{number}.h5", secret) for number, name in enumerate(HOSTILE)}
    asked = {
        (name, label): Question(part, "f.h5", path, format=form)
        for name in HOSTILE
        for label, part, path, form in ASKED
    } | MORE
    found = ask_many([(paths[name], question) for (name, _), question in asked.items()])
    return dict(zip(asked, found, strict=True))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_hostile_file_crashes_its_reader_or_tells_another_files_content(
    came: dict[tuple[str, str], Came], name: str
) -> None:
    for label, *_ in ASKED:
        one = came[name, label]
        assert one.signal == 0, label
        assert SECRET not in one.said
        assert "424242" not in one.said
        assert "root:" not in one.said


@pytest.mark.parametrize(("name", "label"), EXPECTED, ids=lambda part: str(part))
def test_a_hostile_file_is_answered_or_refused_with_the_reason(
    came: dict[tuple[str, str], Came], name: str, label: str
) -> None:
    assert EXPECTED[name, label] in came[name, label].said


def test_a_virtual_dataset_of_the_same_file_is_read_and_one_through_a_link_out_of_it_is_not(tmp_path: Path) -> None:
    secret = write_secret(tmp_path / "secret.h5")
    path = tmp_path / "own.h5"
    with h5py.File(path, "w") as file:
        file["plain"] = [1.0, 2.0]
        file["out"] = h5py.ExternalLink(str(secret), "/numbers")
        for name, source in (("x", "plain"), ("y", "out")):
            layout = h5py.VirtualLayout(shape=(2,), dtype="f8")
            layout[:] = h5py.VirtualSource(".", source, shape=(2,))
            file.create_virtual_dataset(name, layout)
    own, out = ask_many([(path, Question("data", "f.h5", where)) for where in ("/x", "/y")])
    assert own == Came(0, "", "[1.0,2.0]")
    assert (out.refusal, "what is not in the file" in out.said) == ("preview-unreadable", True)


def test_what_is_no_hdf5_file_is_said_to_be_none(tmp_path: Path) -> None:
    good = write_scan(tmp_path / "scan.nxs").read_bytes()
    paths = []
    for name, content in broken_files(good).items():
        paths.append(tmp_path / f"{name}.h5")
        paths[-1].write_bytes(content)
    for one in ask_many([(path, Question(part, "f.h5")) for path in paths for part in ("meta", "plot")]):
        assert (one.signal, one.refusal) == (0, "preview-unreadable")
        assert str(tmp_path) not in one.said or "unable" in one.said.lower()


def test_a_file_with_flipped_bits_never_hangs_and_ends_no_more_than_its_own_reader(tmp_path: Path) -> None:
    good = write_scan(tmp_path / "scan.nxs").read_bytes()
    folder = tmp_path / "bad"
    folder.mkdir()
    questions = []
    for number, content in enumerate(mutations(good, MUTATIONS)):
        path = folder / f"{number}.nxs"
        path.write_bytes(content)
        image = Question("data", "f.nxs", "/entry/instrument/detector/image")
        # To draw takes longer than to read.
        plots = [Question("plot", "f.nxs")] if number % 50 == 0 else []
        questions += [(path, each) for each in (image if number % 2 else Question("tree", "f.nxs"), *plots)]
    found = ask_many(questions)
    assert len(found) == len(questions)
    assert {one.refusal for one in found} <= {"", "preview-unreadable", "preview-too-large", "preview-missing"}
    assert sum(not one.refusal and not one.signal for one in found) > MUTATIONS / 2
    assert any(one.refusal for one in found)


def test_a_reader_that_needs_too_much_memory_refuses(tmp_path: Path) -> None:
    path = tmp_path / "wide.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", shape=(12_500_000,), dtype="f8", fillvalue=1.0)
    found = path.stat()
    small = PreviewLimits(at_a_time=1, memory_bytes=260 * 2**20, seconds=60, kept_bytes=0)
    with pytest.raises(RefusedError, match="more memory than there is for it") as refused:
        ask(Question("data", "f.h5", "/x", format="bin"), path, (found.st_dev, found.st_ino), small)
    assert refused.value.kind == "preview-unreadable"


def test_a_reader_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = write_hostile("ten gigabytes packed small", tmp_path / "bomb.h5", tmp_path)
    found = path.stat()
    short = PreviewLimits(at_a_time=1, memory_bytes=2**30, seconds=1, kept_bytes=0)
    with pytest.raises(RefusedError, match=r"end of its own|more than 1 seconds"):
        ask(
            Question("data", "f.h5", "/x", selection=f"0:{128 * 2**24}:{2**24}"),
            path,
            (found.st_dev, found.st_ino),
            short,
        )


def test_a_file_that_was_replaced_is_not_read(tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.nxs")
    with pytest.raises(RefusedError, match="replaced"):
        ask(Question("meta", "scan.nxs"), path, (1, 2), LIMITS)


def test_the_reader_can_open_no_second_file_whatever_the_library_is_asked(tmp_path: Path) -> None:
    secret = write_secret(tmp_path / "secret.h5")
    path = write_hostile("external link", tmp_path / "link.h5", secret)
    code = f"""
import sys; from pathlib import Path
from reproduce.preview import program
path = Path({str(path)!r})
found = path.stat()
def follow(file, question):
    return file._root['x'][()]
sys.stdout.buffer.write(program.respond(
    follow, program.Question('meta', 'f'), path, (found.st_dev, found.st_ino)))
"""
    with h5py.File(path) as file:
        assert file["x"][()].decode() == SECRET
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert SECRET not in ended.stdout
    assert "preview-unreadable" in ended.stdout
