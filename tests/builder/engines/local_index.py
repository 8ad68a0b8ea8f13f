"""A package index on loopback: PEP 691 pages with upload times, and files made on the spot."""

from __future__ import annotations

import hashlib
import io
import json
import socket
import ssl
import struct
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.builder.engines.small_kernel import SOURCE


@dataclass
class LocalIndex:
    """What the index has. `url` is where it is served."""

    url: str = ""
    files: dict[str, tuple[bytes, str, str, bool]] = field(default_factory=dict)
    served: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    # What happens to the next requests for a file or project, by its name: a status, or "reset", a lost connection.
    stumbles: dict[str, list[int | str]] = field(default_factory=dict)
    # Seconds before each answer: of pages, and of files.
    delays_s: tuple[float, float] = (0.0, 0.0)
    asked: list[str] = field(default_factory=list)

    def wheel(
        self,
        name: str,
        version: str,
        *,
        uploaded: str,
        requires: tuple[str, ...] = (),
        requires_python: str = ">=3.6",
        is_yanked: bool = False,
        code: str = "",
        tag: str = "py3-none-any",
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Publish a pure wheel whose module says its version; `more` are other files in it."""
        content = io.BytesIO()
        info = f"{name}-{version}.dist-info"
        needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(f"{name}.py", f"version = {version!r}\n{code}")
            archive.writestr(
                f"{info}/METADATA",
                f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: {requires_python}\n{needs}",
            )
            archive.writestr(
                f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
            )
            archive.writestr(f"{info}/RECORD", "")
            for path, text in (more or {}).items():
                archive.writestr(path, text)
        self._publish(f"{name}-{version}-{tag}.whl", content.getvalue(), uploaded, requires_python, is_yanked)

    def source(
        self,
        name: str,
        version: str,
        *,
        uploaded: str,
        setup: str,
        more: Mapping[str, str] | None = None,
        requires_python: str = ">=3.6",
    ) -> None:
        """Publish a source distribution with this setup.py; `more` are other files, or others of the same name."""
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:gz") as archive:
            files = {
                "setup.py": setup,
                f"{name}.py": f"version = {version!r}\n",
                "PKG-INFO": f"Metadata-Version: 1.0\nName: {name}\nVersion: {version}\n",
                # A backend inside the archive, so that no build tool needs to be fetched.
                "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
                "backend.py": _BACKEND.replace("NAME", name).replace("VERSION", version),
                **(more or {}),
            }
            for path, text in files.items():
                entry = tarfile.TarInfo(f"{name}-{version}/{path}")
                entry.size = len(text.encode())
                entry.mtime = 1_400_000_000  # a wheel, being a zip, has no date before 1980
                archive.addfile(entry, io.BytesIO(text.encode()))
        self._publish(f"{name}-{version}.tar.gz", content.getvalue(), uploaded, requires_python, False)

    def corrupt(self, file_name: str) -> None:
        """Serve other bytes than were published under this name."""
        self.served[file_name] = self.served[file_name] + b"changed"

    def _publish(self, file_name: str, content: bytes, uploaded: str, requires_python: str, is_yanked: bool) -> None:
        self.files[file_name] = (content, uploaded, requires_python, is_yanked)
        self.served[file_name] = content

    def page(self, project: str) -> dict[str, object] | None:
        """Return the PEP 691 page of a project, or None when the index has none."""
        entries = [
            {
                "filename": name,
                "url": f"{self.url.removesuffix('/simple')}/files/{name}",
                "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
                "upload-time": uploaded,
                "requires-python": requires_python,
                "yanked": "broken" if is_yanked else False,
                "size": len(content),
            }
            for name, (content, uploaded, requires_python, is_yanked) in self.files.items()
            if name.split("-")[0].lower().replace("_", "-") == project
        ]
        return {"meta": {"api-version": "1.1"}, "name": project, "files": entries} if entries else None


_BACKEND = """
import zipfile, os
def get_requires_for_build_wheel(config_settings=None):
    return []
def prepare_metadata_for_build_wheel(directory, config_settings=None):
    exec(compile(open("setup.py").read(), "setup.py", "exec"), {})
    os.makedirs(directory + "/NAME-VERSION.dist-info")
    with open(directory + "/NAME-VERSION.dist-info/METADATA", "w") as file:
        file.write("Metadata-Version: 2.1\\nName: NAME\\nVersion: VERSION\\n")
    return "NAME-VERSION.dist-info"
def build_wheel(directory, config_settings=None, metadata_directory=None):
    exec(compile(open("setup.py").read(), "setup.py", "exec"), {})
    with zipfile.ZipFile(directory + "/NAME-VERSION-py3-none-any.whl", "w") as archive:
        archive.write("NAME.py")
        archive.writestr("NAME-VERSION.dist-info/METADATA", "Metadata-Version: 2.1\\nName: NAME\\nVersion: VERSION\\n")
        archive.writestr("NAME-VERSION.dist-info/WHEEL",
                         "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr("NAME-VERSION.dist-info/RECORD", "")
    return "NAME-VERSION-py3-none-any.whl"
"""


def _handler(index: LocalIndex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            parts = self.path.strip("/").split("/")
            index.asked.append(parts[-1])
            time.sleep(index.delays_s[parts[0] == "files"])
            stumble = (index.stumbles.get(parts[-1]) or [200]).pop(0)
            if stumble == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
            elif isinstance(stumble, int) and stumble != 200:
                self._answer(stumble, b"", "text/plain")
            elif index.status != 200:
                self._answer(index.status, b"", "text/plain")
            elif parts[0] == "files" and parts[-1] in index.served:
                self._answer(200, index.served[parts[-1]], "application/octet-stream")
            elif parts[0] == "simple" and (page := index.page(parts[-1])) is not None:
                self._answer(200, json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json")
            else:
                self._answer(404, b"", "text/plain")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if kind == "application/octet-stream":
                self.send_header("Cache-Control", "public, max-age=365000000, immutable")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is what is tested."""


def _server(index: LocalIndex, certificate: Path | None) -> ThreadingHTTPServer:
    server = _Server(("127.0.0.1", 0), _handler(index))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server


@contextmanager
def serve_index(certificate: Path | None = None) -> Iterator[LocalIndex]:
    """Serve an index that already has a small kernel, and setuptools, which is empty; over TLS with a certificate."""
    index = LocalIndex()

    server = _server(index, certificate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    index.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}/simple"
    index.wheel("ipykernel", "4.6.1", uploaded="2015-01-01T00:00:00Z", code=SOURCE)
    index.wheel("setuptools", "59.6.0", uploaded="2015-01-01T00:00:00Z")
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
