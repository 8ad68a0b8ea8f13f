"""Each format writes its samples as the golden files have them, and these are valid by the official schemas."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.exposure.formats import BY_SUFFIX
from tests.catalog.exposure.golden import GOLDEN, documents, suffix_of
from tests.catalog.exposure.samples import SAMPLES
from tests.catalog.exposure.validators import assert_valid

FILES = sorted(GOLDEN.iterdir())


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_writes_a_sample_as_its_golden_file_has_it(name: str) -> None:
    made = {file: content for file, content in documents() if file.partition(".")[0] == name}
    kept = {path.name: path.read_bytes() for path in FILES if path.name.partition(".")[0] == name}
    assert made == kept


@pytest.mark.parametrize("path", [one for one in FILES if suffix_of(one.name) in BY_SUFFIX], ids=lambda path: path.name)
def test_a_golden_file_is_valid_by_the_official_schema(path: Path) -> None:
    assert_valid(BY_SUFFIX[suffix_of(path.name)], path.read_bytes())
