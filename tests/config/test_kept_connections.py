"""Which connections to the database a web process keeps between requests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.servers import database_at, keep_connections
from tests.faults.servers import Postgres

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import asyncio
from config.asgi import application
from django.db import connection

async def ask():
    said = []
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": "/health",
             "query_string": b"", "headers": [(b"host", b"localhost")]}
    asked = iter([{"type": "http.request", "body": b""}])

    async def receive():
        return next(asked, None) or await asyncio.sleep(60)

    async def send(message):
        said.append(message)

    await application(scope, receive, send)
    assert b'"database": "ok"' in said[1]["body"], said

async def ask_thrice():
    for _ in range(3):
        await ask()

asyncio.run(ask_thrice())
connection.ensure_connection()
pool = connection.pool
print("made", pool.get_stats()["connections_num"], "asked", pool.get_stats()["requests_num"])
connection.close()
pool.close()
"""


def test_sqlite_has_none_to_keep(tmp_path: Path) -> None:
    database = database_at("", tmp_path)
    before = {**database, "OPTIONS": dict(database["OPTIONS"])}
    keep_connections(database)
    assert database == before


@pytest.mark.enable_socket
@pytest.mark.real
def test_requests_to_a_web_process_share_a_connection_to_postgresql(tmp_path: Path) -> None:
    server = Postgres()
    try:
        variables = {**os.environ, "DATABASE_URL": server.url, "REPRISE_DATA": str(tmp_path / "data")}
        asked = subprocess.run((sys.executable, "-c", ASK), cwd=ROOT, env=variables, capture_output=True, text=True)
    finally:
        server.remove()
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.split() == ["made", "1", "asked", "4"]
