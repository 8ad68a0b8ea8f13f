"""The demonstration as a visitor starts it: one command, verdicts as expected, nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import Visitor, open_browser
from tests.journeys.installation import ROOT, share_environments, variables
from tests.journeys.web import service

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real, pytest.mark.timeout(600)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def demo(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "manage.py", "demo", *arguments),
        cwd=ROOT,
        env=variables(data, **{"REPRISE_REPETITIONS": "2", **more}),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def processes_of(data: Path) -> list[str]:
    """Command lines of the processes that carry this data directory in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"REPRISE_DATA={data}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "data"
    share_environments(folder, Path(os.environ["REPRISE_DATA"]) / "shared-environments")
    return folder


@pytest.fixture(scope="module")
def first(data: Path) -> subprocess.CompletedProcess[str]:
    return demo(data, "--once", "--port", str(free_port()))


def test_first_start_reproduces_one_publication_with_the_expected_verdicts(
    first: subprocess.CompletedProcess[str],
) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    assert "10.5072/reprise-demo." in first.stdout
    assert "(!)" not in first.stdout


def test_second_start_reuses_everything_and_takes_seconds(first: subprocess.CompletedProcess[str], data: Path) -> None:
    assert first.returncode == 0
    started = time.monotonic()
    second = demo(data, "--once", "--port", str(free_port()))
    assert second.returncode == 0, second.stdout + second.stderr
    assert "Nothing to run again" in second.stdout
    # Generous: it tells starting from rebuilding, which takes far longer; speed itself is measured in benchmarks/.
    assert time.monotonic() - started < 60


@pytest.mark.browser
def test_a_visitor_runs_a_notebook_on_other_data_and_sees_the_figure_and_where_it_comes_from(
    first: subprocess.CompletedProcess[str], data: Path
) -> None:
    assert first.returncode == 0
    with service(data, REPRISE_DATA_ROOTS=str(ROOT / "fixtures/demo")) as url, open_browser() as browser:
        visitor = Visitor(browser, url, width=390, scheme="dark")
        page = visitor.page
        page.goto("/doi/10.5072/reprise-demo-data.sans-larger-spheres")
        page.get_by_role("region", name="Analyses for it").get_by_role("link").click()
        expect(page.get_by_label("filename")).to_have_value("data/larger_spheres_8m.nxs")
        page.get_by_text("Change other values too").click()
        page.get_by_label("guinier_limit").fill("1.1")
        assert (visitor.barriers(), visitor.overhang()) == ([], 0)
        page.get_by_role("button", name="Run it on these data").click()
        page.wait_for_url(re.compile("/runs/"))
        expect(page.locator(".verdict .word")).to_have_text("derived", timeout=240_000)
        page.reload()
        figure = page.get_by_alt_text("Figure 1 as it came out")
        figure.scroll_into_view_if_needed()
        assert figure.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 600
        source = page.get_by_role("region", name="Derived from")
        expect(source.get_by_role("row", name="data/larger_spheres_8m.nxs filename")).to_contain_text("7e275304")
        expect(page.get_by_text("with guinier_limit = 1.1")).to_be_visible()
        assert (visitor.barriers(), visitor.overhang(), visitor.wrongs) == ([], 0, [])
        visitor.close()


@pytest.fixture
def staying(first: subprocess.CompletedProcess[str], data: Path) -> Iterator[subprocess.Popen[str]]:
    assert first.returncode == 0
    process = subprocess.Popen(
        (sys.executable, "manage.py", "demo", "--port", str(free_port())),
        cwd=ROOT,
        env=variables(data, REPRISE_REPETITIONS="2"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def test_interrupt_leaves_no_process_behind(staying: subprocess.Popen[str], data: Path) -> None:
    assert staying.stdout is not None
    for line in staying.stdout:
        if line.startswith("Open http://"):
            break
    else:
        pytest.fail("the demonstration ended by itself")
    assert len(processes_of(data)) >= 4
    staying.send_signal(signal.SIGINT)
    assert staying.wait(timeout=20) == 0
    time.sleep(0.5)
    assert processes_of(data) == []


def test_killing_the_supervisor_leaves_no_process_behind(staying: subprocess.Popen[str], data: Path) -> None:
    assert staying.stdout is not None
    for line in staying.stdout:
        if line.startswith("Open http://"):
            break
    staying.kill()
    staying.wait()
    deadline = time.monotonic() + 10
    while processes_of(data) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes_of(data) == []


def test_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = demo(tmp_path / "data", "--once", "--port", str(port))
    assert refused.returncode != 0
    lines = refused.stderr.strip().splitlines()
    assert len(lines) == 1, refused.stderr
    assert f"Port {port}" in lines[0]
    assert "--port" in lines[0]


def test_unwritable_data_directory_is_one_clear_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    refused = demo(blocked / "data", "--once", "--port", str(free_port()))
    assert refused.returncode != 0
    lines = refused.stderr.strip().splitlines()
    assert len(lines) == 1, refused.stderr
    assert "REPRISE_DATA" in lines[0]


def test_unreachable_index_is_told_in_the_table(tmp_path: Path) -> None:
    closed = f"http://127.0.0.1:{free_port()}/simple"
    refused = demo(tmp_path / "data", "--once", "--port", str(free_port()), REPRISE_INDEX_URL=closed)
    assert refused.returncode != 0
    assert "package index does not answer" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr
