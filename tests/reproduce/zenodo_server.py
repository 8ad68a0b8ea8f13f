"""A server on loopback that speaks the part of Zenodo's deposit API by which evidence is deposited.

It keeps what Zenodo keeps: a deposition is a draft until it is published, and is no draft again; a draft of a next
version is made once, begins with the files of the version before, and takes files until it is published. `faults` are
answers to give instead, by the method and the last word of the path: a status, "lost" for a request that is done and
whose answer never comes, "html" for a page of a proxy, "damaged" for a file that is another than was sent, "stale" for
a list that does not yet tell of what was made.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]


@dataclass
class Archive:
    """What the server holds and was asked."""

    token: str = "secret"
    depositions: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    faults: dict[str, list[int | str]] = field(default_factory=dict)
    url: str = ""

    @property
    def published(self) -> list[dict[str, Any]]:
        """The depositions that everybody sees."""
        return [one for one in self.depositions.values() if one["submitted"]]

    @property
    def drafts(self) -> list[dict[str, Any]]:
        """The depositions that are none yet."""
        return [one for one in self.depositions.values() if not one["submitted"]]

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Do what is asked and return status and document."""
        if found := re.fullmatch(r"/api/files/bucket-(\d+)/([^/]+)", path):
            return self._put_file(int(found[1]), found[2], body)
        if path == "/api/deposit/depositions":
            if method == "GET":
                return 200, list(reversed(self.depositions.values()))
            return 201, self._make(json.loads(body)["metadata"], {})
        found = re.fullmatch(r"/api/deposit/depositions/(\d+)(?:/(files|actions)/([^/]+))?", path)
        held = self.depositions.get(int(found[1])) if found else None
        if found is None or held is None:
            return 404, {"status": 404, "message": "PID does not exist."}
        if method == "GET":
            return 200, held
        if found[3] == "newversion":
            return 201, self._next(held)
        if held["submitted"]:
            return 403, {"status": 403, "message": "It is published."}
        if method == "DELETE" and found[2] is None:
            del self.depositions[held["id"]]
            return 204, None
        if method == "DELETE":
            held["files"] = [one for one in held["files"] if one["id"] != found[3]]
            return 204, None
        if method == "PUT":
            held["metadata"] = json.loads(body)["metadata"]
            return 200, held
        if not held["files"] or not held["metadata"].get("creators"):
            return 400, {"status": 400, "message": "Validation error."}
        held |= {"submitted": True, "doi": f"10.5072/zenodo.{held['id']}"}
        return 202, held

    def _make(self, metadata: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        number = 1000 + len(self.asked)
        made = {"id": number, "submitted": False, "metadata": metadata, "files": [], "concept": number}
        made["links"] = {"bucket": f"{self.url}/api/files/bucket-{number}"}
        self.depositions[number] = made | more
        return self.depositions[number]

    def _next(self, held: dict[str, Any]) -> dict[str, Any]:
        same = {"concept": held["concept"]}
        draft = next((one for one in self.drafts if one["concept"] == held["concept"]), None)
        draft = draft or self._make(held["metadata"], same | {"files": list(held["files"])})
        links = {**held["links"], "latest_draft": f"{self.url}/api/deposit/depositions/{draft['id']}"}
        return {**held, "links": links}

    def _put_file(self, number: int, name: str, body: bytes) -> Answer:
        held = self.depositions[number]
        others = [one for one in held["files"] if one["filename"] != name]
        kept = {"id": f"file-{len(self.asked)}", "filename": name, "checksum": hashlib.md5(body).hexdigest()}
        held["files"] = [*others, kept]
        return 201, {"key": name, "checksum": f"md5:{kept['checksum']}", "size": len(body)}


@contextmanager
def running(archive: Archive) -> Iterator[Archive]:
    """Serve on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            path = self.path.partition("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            word = path.rpartition("/")[2]
            named = f"{self.command} {'file' if 'files' in path else 'one' if word.isdigit() else word}"
            archive.asked.append(named)
            faults = archive.faults.get(named)
            fault = faults.pop(0) if faults else None
            if isinstance(fault, int):
                return self._say(fault, {"status": fault, "message": "told to"})
            if fault == "html":
                return self._send(200, b"<html>a proxy</html>")
            if fault == "stale":
                return self._say(200, [])
            if self.headers.get("Authorization") != f"Bearer {archive.token}":
                return self._say(401, {"status": 401, "message": "Unauthorized"})
            said = archive.answer(self.command, path, b"broken" if fault == "damaged" else body)
            if fault == "lost":
                return self.connection.close()
            return self._say(*said)

        do_GET = do_PUT = do_POST = do_DELETE = _do

        def _say(self, status: int, document: object) -> None:
            self._send(status, b"" if document is None else json.dumps(document).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "3600")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    archive.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield archive
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
