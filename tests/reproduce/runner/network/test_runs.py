"""Whole runs with a network: what a notebook reaches through the proxy, and that there is no other way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reproduce.diagnose import Facts, explain_failure
from reproduce.runner.bundle import read_events, read_result, write_job
from reproduce.runner.job import Job, Network
from tests.reproduce.runner.conftest import Ran, processes_with, wait_until
from tests.reproduce.runner.network.conftest import HOST
from tests.reproduce.runner.network.servers import TEXT_SHA256
from tests.reproduce.runner.test_bundle import validate

pytestmark = pytest.mark.real
PROJECT = Path(__file__).resolve().parents[4]
FETCH = "import urllib.request\nprint(urllib.request.urlopen('{}').read())"


def start(job: Job, bundle: Path) -> subprocess.Popen[bytes]:
    """Start the runner where the tests' names lead to this machine."""
    write_job(bundle, job)
    names = {HOST: ["127.0.0.1"], "evil.example.org": ["127.0.0.1"]}
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("named_runner.py")), json.dumps(names), str(bundle)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture
def networked(job: Callable[..., Job], tmp_path: Path, trusted: Path) -> Callable[..., Ran]:
    """Run cells that may reach the hosts."""

    def run(*cells: str, hosts: tuple[str, ...], **options: object) -> Ran:
        bundle = tmp_path / "bundle"
        made = job(*cells, network=Network(hosts, is_private_allowed=True), **options)
        with start(made, bundle) as runner:
            assert runner.wait(60) == 0
        return Ran(read_result(bundle), bundle)

    return run


@pytest.mark.parametrize("sandbox", ["bwrap", "none"])
def test_a_notebook_fetches_from_allowed_hosts_and_the_result_lists_it(networked, plain_host, secure_host, sandbox):
    urls = [f"http://{HOST}:{plain_host.port}/text", f"https://{HOST}:{secure_host.port}/text?a=1"]
    ran = networked(
        *(FETCH.format(url) for url in urls),
        hosts=(f"{HOST}:{plain_host.port}", f"{HOST}:{secure_host.port}"),
        sandbox=sandbox,
    )
    assert ran.result.status == "completed", ran.result.failure
    assert ran.text(1) == "b'x,y\\n1,2\\n'\n"
    fetched = [
        (entry["url"], entry["status"], entry["size_bytes"], entry["sha256"]) for entry in ran.result.network["fetched"]
    ]
    assert fetched == [(url, 200, 8, TEXT_SHA256) for url in urls]
    assert ran.result.network["is_confined"] is (sandbox == "bwrap")
    assert ran.result.sandbox["network"] is True
    validate("job", json.loads((ran.bundle / "job.json").read_text()))
    validate("result", json.loads((ran.bundle / "result.json").read_text()))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_refused_host_is_the_cause_by_name(networked, scheme):
    ran = networked(FETCH.format(f"{scheme}://evil.example.org/data.csv"), hosts=(HOST,))
    assert ran.result.status == "cell-raised"
    assert [entry["host"] for entry in ran.result.network["refused"]] == ["evil.example.org"]
    why = explain_failure(Facts(ran.result))
    assert why.id == "network-needed"
    assert "evil.example.org" in why.message


def test_a_run_that_names_no_host_is_told_which_it_needs(networked):
    ran = networked(FETCH.format("https://data.example.net/data.csv"), hosts=())
    assert explain_failure(Facts(ran.result)).id == "network-needed"
    assert "data.example.net" in explain_failure(Facts(ran.result)).message


def test_a_host_that_does_not_answer_is_no_verdict_on_the_work(networked):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        ran = networked(FETCH.format(f"https://{HOST}:{port}/x"), hosts=(f"{HOST}:{port}",))
    why = explain_failure(Facts(ran.result))
    assert (why.id, why.fault) == ("address-unreachable", "upstream")
    assert HOST in why.message


@pytest.mark.parametrize("hosts", [None, (HOST,)])
def test_raw_sockets_reach_nothing_but_the_sandbox_itself(networked, run, plain_host, hosts):
    """Neither this machine's ports, nor a route, nor a name server, with a network as without one."""
    code = f"""
import errno, socket
def tell(kind, address):
    with socket.socket(socket.AF_INET, kind) as one:
        one.settimeout(3)
        try:
            one.connect(address)
            one.send(b"x")
            return "sent"
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error))
print(tell(socket.SOCK_STREAM, ("127.0.0.1", {plain_host.port})))
print(tell(socket.SOCK_STREAM, ("192.0.2.1", 80)), tell(socket.SOCK_DGRAM, ("192.0.2.1", 53)))
try:
    socket.getaddrinfo("{HOST}", 80)
except OSError as error:
    print(type(error).__name__)
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
except OSError as error:
    print(type(error).__name__)
print(socket.if_nameindex())
"""
    ran = run(code) if hosts is None else networked(code, hosts=hosts)
    expected = "ECONNREFUSED\nENETUNREACH ENETUNREACH\ngaierror\nPermissionError\n[(1, 'lo')]\n"
    assert ran.text(0) == expected
    assert plain_host.asked == []


@pytest.mark.parametrize("hosts", [None, (HOST,)])
def test_abstract_sockets_of_this_machine_are_not_reached(networked, run, hosts):
    name = f"\0reprise-test-{os.getpid()}"
    code = f"import socket\nsocket.socket(socket.AF_UNIX).connect({name!r})"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        ran = run(code) if hosts is None else networked(code, hosts=hosts)
    assert ran.result.failure.ename == "ConnectionRefusedError"


def test_the_proxy_is_not_seen_on_this_machine_and_ends_with_the_run(job, tmp_path, trusted, plain_host):
    bundle = tmp_path / "bundle"
    code = "print('on', flush=True)\nimport time\ntime.sleep(60)"
    with start(job(code, network=Network((HOST,))), bundle) as runner:
        try:
            assert wait_until(lambda: any(event["type"] == "output" for event in read_events(bundle)), 20)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", 3128), timeout=2)
        finally:
            os.kill(runner.pid, signal.SIGKILL)
    assert wait_until(lambda: processes_with(str(tmp_path)) == [], 5)


def test_a_download_under_way_does_not_hold_up_the_end(job, tmp_path, trusted, plain_host):
    bundle = tmp_path / "bundle"
    code = f"print('on', flush=True)\n{FETCH.format(f'http://{HOST}:{plain_host.port}/slow')}"
    network = Network((f"{HOST}:{plain_host.port}",), is_private_allowed=True)
    with start(job(code, network=network), bundle) as runner:
        assert wait_until(lambda: len(plain_host.asked) == 1, 20)
        asked_at = time.monotonic()
        runner.terminate()
        runner.wait(20)
        assert time.monotonic() - asked_at < 2
    result = read_result(bundle)
    assert result.status == "cancelled"
    (entry,) = result.network["fetched"]
    assert (entry["sha256"], entry["status"]) == (None, 200)
    assert entry["error"]


def test_a_kernel_that_ends_at_once_is_told_of_as_that(networked, kernel):
    gone = type(kernel)(argv=("/bin/false", "{connection_file}"), language="python", prefix="/", readonly_paths=())
    ran = networked("1", hosts=(HOST,), kernel=gone)
    assert ran.result.status == "kernel-not-started"


def test_without_openssl_it_is_this_services_fault(networked, monkeypatch, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "bwrap").symlink_to("/usr/bin/bwrap")
    monkeypatch.setenv("PATH", str(programs))
    ran = networked("1", hosts=(HOST,))
    assert ran.result.status == "internal-error"
    assert "openssl" in ran.result.failure.evalue
    assert explain_failure(Facts(ran.result)).fault == "service"


def test_a_large_file_comes_whole_and_at_speed(networked, plain_host):
    url = f"http://{HOST}:{plain_host.port}/big?bytes={100 << 20}"
    code = f"import urllib.request\nprint(len(urllib.request.urlopen('{url}').read()))"
    started = time.monotonic()
    ran = networked(code, hosts=(f"{HOST}:{plain_host.port}",))
    assert ran.text(0) == f"{100 << 20}\n"
    assert time.monotonic() - started < 30
    assert ran.result.network["received_bytes"] == 100 << 20
