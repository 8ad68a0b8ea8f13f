"""A good file is answered as h5grove's own servers answer it, byte for byte."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Final

import pytest
from h5grove.content import DatasetContent, ResolvedEntityContent, get_content_from_file, get_list_of_paths
from h5grove.encoders import encode

from reproduce.preview.asking import ask
from reproduce.preview.limits import PreviewLimits
from reproduce.preview.question import Part, Question, RefusedError
from tests.reproduce.preview.files import write_scan

LIMITS: Final = PreviewLimits(at_a_time=1, memory_bytes=2**30, seconds=60, kept_bytes=0)
QUESTIONS: Final = [
    *(Question(part, "scan.nxs", path) for part, path in product(("meta", "attr"), ("/", "/entry/data", "/table"))),
    *(
        Question("meta", "scan.nxs", path, resolve_links=how)
        for path, how in (("/linked", "only_valid"), ("/linked", "none"), ("/dangling", "only_valid"), ("/type", "all"))
    ),
    Question("attr", "scan.nxs", "/entry", attributes=("default",)),
    Question("paths", "scan.nxs"),
    Question("paths", "scan.nxs", "/entry/instrument"),
    *(
        Question("data", "scan.nxs", f"/{name}")
        for name in ("scalar", "words", "flags", "complex", "table", "empty", "ragged", "kinds", "half", "linked")
    ),
    *(
        Question("data", "scan.nxs", "/entry/instrument/detector/stack", selection, form, dtype, is_flat)
        for selection, form, dtype, is_flat in (
            (None, "json", "safe", False),
            ("0,:,:", "bin", "safe", True),
            ("1:3,::2,4", "npy", "origin", False),
            ("-1", "csv", "safe", False),
            ("2,0:6:2", "tiff", "safe", False),
        )
    ),
    Question("data", "scan.nxs", "/entry/instrument/detector/image", None, "bin", "safe", True),
    *(Question("stats", "scan.nxs", path) for path in ("/half", "/scalar", "/entry/instrument/detector/stack")),
    Question("stats", "scan.nxs", "/entry/instrument/detector/stack", "0,:,1"),
]


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scan(tmp_path_factory.mktemp("scan") / "scan.nxs")


def asked(path: Path, question: Question) -> bytes:
    found = path.stat()
    return ask(question, path, (found.st_dev, found.st_ino), LIMITS)


def _error(status: int, message: str) -> Exception:
    return LookupError(status, message)


def grove(path: Path, question: Question) -> bytes:
    """Answer as the routes in h5grove's fastapi_utils do."""
    if question.part == "paths":
        with get_list_of_paths(path, question.path, _error, question.resolve_links) as paths:
            return bytes(encode(paths, "json").content)
    with get_content_from_file(path, question.path, _error, question.resolve_links) as content:
        if question.part == "meta":
            return bytes(encode(content.metadata(), "json").content)
        if question.part == "attr":
            assert isinstance(content, ResolvedEntityContent)
            return bytes(encode(content.attributes(question.attributes), "json").content)
        assert isinstance(content, DatasetContent)
        if question.part == "stats":
            return bytes(encode(content.data_stats(question.selection), "json").content)
        data = content.data(question.selection, question.is_flat, question.dtype)
        return bytes(encode(data, question.format).content)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: "-".join(map(str, (one.part, one.path, one.format))))
def test_an_answer_is_that_of_h5grove(scan: Path, question: Question) -> None:
    assert asked(scan, question) == grove(scan, question)


def test_numbers_in_the_order_of_other_processors_are_told_where_h5grove_gives_up(scan: Path) -> None:
    question = Question("data", "scan.nxs", "/entry/instrument/detector/stack", "0,0,:3")
    assert asked(scan, question) == b"[0.0,1.0,2.0]"
    with pytest.raises(TypeError, match="native"):
        grove(scan, question)


@pytest.mark.parametrize(
    ("part", "path", "words"),
    [("meta", "/nowhere", "/nowhere is not a valid path in scan.nxs"), ("meta", "/scalar/below", "not a valid path")],
)
def test_a_path_that_leads_nowhere_is_said_in_the_words_of_h5grove(
    scan: Path, part: Part, path: str, words: str
) -> None:
    with pytest.raises(RefusedError, match=words) as refused:
        asked(scan, Question(part, "scan.nxs", path))
    assert refused.value.kind == "preview-missing"


def test_a_broken_link_that_must_be_resolved_is_missing(scan: Path) -> None:
    with pytest.raises(RefusedError, match="Cannot resolve") as refused:
        asked(scan, Question("meta", "scan.nxs", "/dangling", resolve_links="all"))
    assert refused.value.kind == "preview-missing"
