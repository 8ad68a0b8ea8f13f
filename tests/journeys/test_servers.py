"""The same journey on servers: a real PostgreSQL and a real Redis, chosen by address alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.installation import share_environments
from tests.journeys.test_demo import demo, free_port

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real, pytest.mark.timeout(600)]


def postgres_binary(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    assert found, "PostgreSQL is missing; type: apt-get install postgresql"
    return str(found[-1])


@contextmanager
def running(argv: tuple[str, ...], port: int, **options: object) -> Iterator[None]:
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of its own on a loopback port. It refuses to run as root, so root lends it another account."""
    folder = Path("/tmp") / f"reprise-postgres-{os.getpid()}"  # short: its socket's path is limited
    folder.mkdir(mode=0o700)
    account: dict[str, object] = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("postgres" if any(u.pw_name == "postgres" for u in pwd.getpwall()) else "nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "cwd": str(folder)}
    try:
        subprocess.run(
            (
                postgres_binary("initdb"),
                "-D",
                str(folder / "db"),
                "-U",
                "reprise",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
            ),
            check=True,
            capture_output=True,
            **account,  # type: ignore[call-overload]
        )
        port = free_port()
        argv = (
            postgres_binary("postgres"),
            "-D",
            str(folder / "db"),
            "-p",
            str(port),
            "-k",
            str(folder),
            "-h",
            "127.0.0.1",
            "-F",
        )
        with running(argv, port, **account):
            for _ in range(100):
                ready = subprocess.run(
                    (postgres_binary("pg_isready"), "-h", "127.0.0.1", "-p", str(port)),
                    capture_output=True,
                    check=False,
                )
                if ready.returncode == 0:
                    break
                time.sleep(0.1)
            yield f"postgres://reprise@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    server = shutil.which("redis-server")
    assert server, "Redis is missing; type: apt-get install redis-server"
    port = free_port()
    argv = (server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    with running(argv, port):
        time.sleep(0.5)
        yield f"redis://127.0.0.1:{port}/0"


def test_demonstration_comes_out_the_same_on_postgresql_and_redis(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    share_environments(tmp_path / "data", Path(os.environ["REPRISE_DATA"]) / "shared-environments")
    seen = demo(
        tmp_path / "data",
        "--once",
        "--port",
        str(free_port()),
        DATABASE_URL=postgres_url,
        REPRISE_BROKER_URL=redis_url,
    )
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert not (tmp_path / "data" / "reprise.sqlite3").exists()
    assert not list((tmp_path / "data" / "broker").glob("queue/*"))
