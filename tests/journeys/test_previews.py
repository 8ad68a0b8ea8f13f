"""A person looks into a NeXus file of a dataset: without scripts, with the viewer, and where it is closed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from config.headers import POLICY
from tests.journeys.browser import Scheme, Visitor, open_browser
from tests.journeys.installation import ask
from tests.journeys.web import web_server
from tests.reproduce.runner.conftest import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

_OPEN, _CLOSED = "10.5072/open-scan", "10.5072/closed-scan"
_GROUPS = 250
# Pictures are drawn without a graphics card here, beside other tests.
_WITHIN_S = 60
# How H5Web 17 marks its tabs; docs/previews.md tells of it.
_OF_H5WEB = {"aria-allowed-attr", "aria-required-parent"}
_SEED = """
import hashlib, pathlib
from config.installation import prepare_installation
prepare_installation()
from reproduce.models import DataLocation
from tests.personas import make_people, make_publication
people = make_people()
paper = make_publication(people.owner)
files = [{{'path': 'raw/scan.nxs', 'sha256': 64 * 'a'}}, {{'path': 'raw/broken.h5'}}, {{'path': 'notes.txt'}}]
for doi, access in (('{open}', 'open'), ('{closed}', 'embargoed')):
    paper.datasets.create(doi=doi, title='A scan of silica spheres', files=files, access=access)
    DataLocation.objects.create(dataset=doi, path='{place}')
from reproduce.preview_files import key_of
answer = {{'scan': key_of('raw/scan.nxs'), 'broken': key_of('raw/broken.h5')}}
"""


class Site:
    """The served installation and its browser."""

    def __init__(self, browser: Browser, url: str, keys: dict[str, str]) -> None:
        self._browser, self._url, self._keys = browser, url, keys

    def page_of(self, file: str, doi: str = _OPEN) -> str:
        return f"/preview/{doi}/{self._keys[file]}"

    def window(self, *, width: int = 1280, scheme: Scheme = "light", has_scripts: bool = True) -> Visitor:
        return Visitor(self._browser, self._url, width=width, scheme=scheme, has_scripts=has_scripts)


def write_scan(path: Path) -> None:
    """Write a scan with a default plot, an image, and more groups than one page of contents lists."""
    with h5py.File(path, "w") as file:
        file.attrs["default"] = "entry"
        entry = file.create_group("entry")
        entry.attrs.update({"NX_class": "NXentry", "default": "data"})
        data = entry.create_group("data")
        data.attrs.update({"NX_class": "NXdata", "signal": "counts", "axes": ["angle"]})
        data["angle"] = np.linspace(0, 10, 200)
        data["angle"].attrs["units"] = "deg"
        data["counts"] = 1000 * np.exp(-((data["angle"][()] - 5) ** 2))
        entry["image"] = np.outer(np.arange(48), np.arange(32)).astype("f4")
        for number in range(_GROUPS):
            entry.create_group(f"log/{number:03}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    place = tmp_path_factory.mktemp("facility") / "scan"
    (place / "raw").mkdir(parents=True)
    write_scan(place / "raw" / "scan.nxs")
    (place / "raw" / "broken.h5").write_bytes(b"no such thing")
    (place / "notes.txt").write_text("A scan.")
    data = tmp_path_factory.mktemp("previews") / "data"
    roots = {"REPRISE_DATA_ROOTS": str(place.parent)}
    keys = ask(data, _SEED.format(open=_OPEN, closed=_CLOSED, place=place), **roots)
    with web_server(data, **roots) as url, open_browser() as browser:
        yield Site(browser, url, keys)


def drawn(viewer: FrameLocator | Page) -> Locator:
    """Wait until the viewer has drawn, and return what it has drawn on."""
    canvas = viewer.locator("#h5web canvas")
    expect(canvas).to_be_visible(timeout=_WITHIN_S * 1000)
    return canvas


def has_colours(viewer: FrameLocator | Page, more_than: int) -> bool:
    """Wait until the plot of the viewer has more colours; a canvas that nothing was drawn on has one.

    The canvas of a plot stands before it is drawn, and for a moment also the one of the plot before it.
    """
    return wait_until(lambda: _colours(drawn(viewer)) > more_than, _WITHIN_S)


def _colours(canvas: Locator) -> int:
    picture = Image.open(io.BytesIO(canvas.screenshot())).convert("RGB")
    return len(picture.getcolors(picture.width * picture.height) or [])


def wrongs(visitor: Visitor) -> list[str]:
    """Return what went wrong; that pixels drawn in software are read back slowly is no wrong of the page."""
    return [wrong for wrong in visitor.wrongs if "GPU stall due to ReadPixels" not in wrong]


def test_without_scripts_a_file_is_found_at_its_dataset_and_its_contents_are_read(site: Site) -> None:
    visitor = site.window(has_scripts=False)
    page = visitor.page
    page.goto(f"/doi/{_OPEN}")
    page.get_by_role("link", name="Preview of raw/scan.nxs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("raw/scan.nxs")
    words = "Plot of /entry/data, which holds angle, 200 values in deg; counts, 200 values."
    assert page.get_by_alt_text(words).evaluate("image => image.naturalWidth") == 640
    table = page.get_by_role("region", name="What is in it")
    expect(table.get_by_role("row", name="/entry/data/counts values 200 float64")).to_be_visible()
    page.locator("iframe").scroll_into_view_if_needed()
    expect(page.frame_locator("iframe").locator("noscript")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(table.get_by_text("/entry/log/249")).to_be_visible()
    visitor.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_holds_the_viewer_with_the_default_plot_and_has_no_serious_barrier(
    width: int, scheme: Scheme, site: Site
) -> None:
    visitor = site.window(width=width, scheme=scheme)
    page = visitor.page
    page.goto(site.page_of("scan"))
    page.locator("iframe").scroll_into_view_if_needed()
    expect(page.locator("iframe")).to_have_attribute("src", f"{site.page_of('scan')}/viewer?path=/entry/data")
    viewer = page.frame_locator("iframe")
    assert has_colours(viewer, 4)
    expect(viewer.get_by_text("angle (deg)")).to_be_visible()
    assert visitor.barriers() == []
    assert visitor.overhang() == 0
    assert wrongs(visitor) == []
    page.goto(f"/doi/{_OPEN}")
    assert visitor.barriers() == []
    assert visitor.overhang() == 0
    visitor.close()


def test_another_dataset_is_looked_at_under_the_policy_of_the_house(site: Site) -> None:
    visitor = site.window()
    page = visitor.page
    answer = page.goto(f"{site.page_of('scan')}/viewer?path=/entry/image")
    assert answer is not None
    assert answer.headers["content-security-policy"] == POLICY
    expect(page.get_by_role("treeitem", name="image")).to_have_attribute(
        "aria-selected", "true", timeout=_WITHIN_S * 1000
    )
    page.get_by_role("treeitem", name="data").click()
    # A plot that is left before it is drawn says on the console that its place is gone; see docs/previews.md.
    assert has_colours(page, 4)
    page.get_by_role("treeitem", name="image").click()
    expect(page.get_by_role("tab", name="Heatmap")).to_have_attribute("aria-selected", "true", timeout=_WITHIN_S * 1000)
    assert has_colours(page, 50)
    assert {barrier.partition(":")[0] for barrier in visitor.barriers()} <= _OF_H5WEB
    page.get_by_role("tab", name="Matrix").click()
    page.get_by_text("Export").click()
    with page.expect_download() as saved:
        page.get_by_text("NPY").click()
    assert np.load(saved.value.path()).shape == (48, 32)
    assert wrongs(visitor) == []
    visitor.close()


def test_a_file_that_cannot_be_read_is_told_in_words_and_has_no_viewer(site: Site) -> None:
    visitor = site.window()
    answer = visitor.page.goto(site.page_of("broken"))
    assert answer is not None
    assert answer.status == 422
    expect(visitor.page.get_by_text("raw/broken.h5 cannot be shown")).to_be_visible()
    expect(visitor.page.locator("iframe")).to_have_count(0)
    assert visitor.barriers() == []
    visitor.close()


def test_nobody_unknown_looks_into_a_closed_dataset(site: Site) -> None:
    visitor = site.window()
    answer = visitor.page.goto(site.page_of("scan", _CLOSED))
    assert answer is not None
    assert answer.status == 404
    visitor.page.goto(f"/doi/{_CLOSED}")
    expect(visitor.page.get_by_text("Preview of")).to_have_count(0)
    visitor.close()
