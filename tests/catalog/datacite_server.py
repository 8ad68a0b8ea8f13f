"""A server on loopback that speaks the part of DataCite's REST API by which DOIs are made (JSON:API, /dois).

It keeps what DataCite keeps: a DOI is made once, by one account, as a draft; register and publish want a landing page
and the mandatory metadata; a draft that was registered never is one again. `faults` are answers to give instead, one a
request: a status, "lost" for a request that is done and whose answer never comes, "html" for a page of a proxy.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MANDATORY = ("creators", "titles", "publisher", "publicationYear", "types", "url")


@dataclass
class Registry:
    """What the server holds and was asked."""

    account: str = "DEMO.REPRISE"
    password: str = "secret"
    dois: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[int | str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str, attributes: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Do what is asked and return status and document."""
        doi = str(attributes.get("doi") or path.removeprefix("/dois/")).lower()
        event = str(attributes.pop("event", ""))
        self.asked.append((method, doi, event))
        if method == "POST" and doi in self.dois:
            return 422, {"errors": [{"title": "This DOI has already been taken", "status": "422"}]}
        if method in ("GET", "PUT") and doi not in self.dois:
            return 404, {"errors": [{"status": "404", "title": "The resource you are looking for doesn't exist."}]}
        if method == "GET":
            return 200, self._document(doi)
        held = self.dois.get(doi, {"state": "draft"})
        merged = {**held, **{name: value for name, value in attributes.items() if name != "prefix"}}
        missing = [name for name in MANDATORY if not merged.get(name)]
        if event in ("register", "publish") and missing:
            return 422, {"errors": [{"source": missing[0], "title": "can't be blank", "status": "422"}]}
        moves = {"publish": "findable", "register": "registered", "hide": "registered", "": merged["state"]}
        if event == "register" and merged["state"] == "findable":
            moves["register"] = "findable"
        merged["state"] = moves[event]
        self.dois[doi] = merged
        return (201 if method == "POST" else 200), self._document(doi)

    def _document(self, doi: str) -> dict[str, Any]:
        return {"data": {"id": doi, "type": "dois", "attributes": {"doi": doi, "url": "", **self.dois[doi]}}}


@contextmanager
def running(registry: Registry) -> Iterator[Registry]:
    """Serve on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}") if length else {}
            fault = registry.faults.pop(0) if registry.faults else None
            if isinstance(fault, int):
                return self._say(fault, {"errors": [{"status": str(fault), "title": "told to"}]})
            if fault == "html":
                return self._send(200, b"<html>a proxy</html>", "text/html")
            expected = base64.b64encode(f"{registry.account}:{registry.password}".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {expected}":
                return self._say(401, {"errors": [{"status": "401", "title": "Bad credentials."}]})
            said = registry.answer(self.command, self.path, dict(body.get("data", {}).get("attributes", {})))
            if fault == "lost":
                return self.connection.close()
            return self._say(*said)

        do_GET = do_PUT = do_POST = _do

        def _say(self, status: int, document: dict[str, Any]) -> None:
            self._send(status, json.dumps(document).encode(), "application/vnd.api+json")

        def _send(self, status: int, body: bytes, media_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
