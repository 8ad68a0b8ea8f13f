"""A PostgreSQL of its own, and the servers that are compared, one process each."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PAGE = int(os.environ.get("PAGE", "500"))
PORT = 8814
SECRET = "of the benchmark alone, of the benchmark alone, of the benchmark alone"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a cluster in `folder`, which is made and removed; it refuses to run as root, so root lends it an account."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    folder.mkdir(mode=0o700, parents=True)
    account: dict[str, object] = {}
    if os.getuid() == 0:
        lent = pwd.getpwnam("postgres")
        os.chown(folder, lent.pw_uid, lent.pw_gid)
        account = {"user": lent.pw_uid, "group": lent.pw_gid, "cwd": str(folder)}
    options = ("-U", "reprise", "-A", "trust", "-E", "UTF8", "--no-sync")
    subprocess.run((programs / "initdb", "-D", folder / "db", *options), check=True, capture_output=True, **account)
    # What is loaded can be loaded again: no log of it is needed, and no flush.
    tuned = ("wal_level=minimal", "max_wal_senders=0", "max_wal_size=1GB", "shared_buffers=512MB", "fsync=off")
    place = ("-D", folder / "db", "-p", str(PORT + 1), "-k", folder, "-h", "127.0.0.1")
    argv = (programs / "postgres", *place, *(part for one in tuned for part in ("-c", one)))
    process = subprocess.Popen(argv, **QUIET, **account)
    url = f"postgres://reprise@127.0.0.1:{PORT + 1}/postgres"
    try:
        _wait(lambda: psycopg.connect(url, connect_timeout=2).close())
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # waits for no client
        process.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def rival_python(folder: Path) -> Path:
    """Return the Python of an environment with the other servers, made in `folder` where it is not."""
    uv, place = Path(sys.executable).with_name("uv"), folder / "rivals"
    if not (place / "complete").exists():
        subprocess.run((uv, "venv", "--clear", "--quiet", "--python", sys.executable, place), check=True)
        listed = HERE / "rivals" / "requirements.txt"
        subprocess.run((uv, "pip", "install", "--quiet", "--python", place / "bin/python", "-r", listed), check=True)
        (place / "complete").touch()
    return place / "bin" / "python"


def migrate(database: str, data: Path, rivals: Path) -> None:
    """Make the tables of all servers in one database."""
    command = ("migrate", "-v", "0")
    subprocess.run((sys.executable, "manage.py", *command, "catalog"), cwd=ROOT, env=ours(database, data), check=True)
    subprocess.run((rivals, "-m", "django", *command), cwd=HERE / "rivals", env=theirs(database), check=True)


def ours(database: str, data: Path) -> dict[str, str]:
    """Return the variables of Reprise."""
    said = {"REPRISE_OAI_PAGE": str(PAGE), "REPRISE_OAI_DOMAIN": "reprise.example.org", "REPRISE_DATA": str(data)}
    return {**os.environ, **said, "DATABASE_URL": database, "REPRISE_SECRET_KEY": SECRET}


def theirs(database: str) -> dict[str, str]:
    """Return the variables of the others."""
    return {**os.environ, "DATABASE_URL": database, "PAGE": str(PAGE), "DJANGO_SETTINGS_MODULE": "django_settings"}


@contextmanager
def serve(name: str, database: str, data: Path, rivals: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of the servers on PORT, by uvicorn as its makers have it."""
    common = ("--port", str(PORT), "--log-level", "error", "--no-access-log")
    argv, folder, variables = {
        "reprise": ((sys.executable, "-m", "uvicorn", "config.asgi:application"), ROOT, ours(database, data)),
        "django-oai-pmh": (
            (rivals, "-m", "uvicorn", "--factory", "django.core.asgi:get_asgi_application"),
            HERE / "rivals",
            theirs(database),
        ),
        "oaipmh": (
            (rivals, "-m", "uvicorn", "--interface", "wsgi", "pyoai_app:application"),
            HERE / "rivals",
            theirs(database),
        ),
    }[name]
    process = subprocess.Popen((*argv, *common), cwd=folder, env=variables)
    try:
        _wait(lambda: urllib.request.urlopen(f"http://127.0.0.1:{PORT}/oai?verb=Identify", timeout=30).read())
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(look: object) -> None:
    until = time.monotonic() + 90
    while True:
        with suppress(OSError, psycopg.Error):
            look()  # type: ignore[operator]
            return
        if time.monotonic() > until:
            raise TimeoutError("a server did not start")
        time.sleep(0.2)
