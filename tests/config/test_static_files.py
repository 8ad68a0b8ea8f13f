"""What is served to browsers: vendored files are what their list says, and ours stay small."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from django.conf import settings

STATIC = Path(settings.BASE_DIR, "static")


def test_every_vendored_file_is_listed_with_version_licence_and_its_checksum() -> None:
    text = (STATIC / "vendor" / "VENDORED.md").read_text()
    listed = dict(re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", text, re.MULTILINE))
    files = {path.name for path in (STATIC / "vendor").iterdir() if path.suffix in {".css", ".js"}}
    assert set(listed) == files
    for name, digest in listed.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest
    assert (STATIC / "vendor" / "pico-2.1.1.LICENSE.md").is_file()


def test_our_own_styles_and_scripts_stay_small() -> None:
    assert len((STATIC / "app.css").read_text().splitlines()) < 300
    assert len((STATIC / "app.js").read_text().splitlines()) < 60


def test_nothing_of_ours_is_loaded_from_elsewhere() -> None:
    for name in ("app.css", "app.js"):
        assert not re.search(r"https?://|//[a-z]", (STATIC / name).read_text().replace("http://www.w3.org", ""))
