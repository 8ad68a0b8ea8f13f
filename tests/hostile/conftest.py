"""What attacks aim at: files, variables and listeners of this machine that must stay as they are."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.cases import Outside


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    """A directory with a file, and a listener on loopback."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "kept").write_text("kept canary")
    found = Outside(folder)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        found.address = f"127.0.0.1:{server.getsockname()[1]}"
        is_over = threading.Event()
        thread = threading.Thread(target=_listen, args=(server, found.asked, is_over))
        thread.start()
        yield found
        is_over.set()
        thread.join()


def _listen(server: socket.socket, asked: list[object], is_over: threading.Event) -> None:
    while not is_over.is_set():
        try:
            link, address = server.accept()
        except TimeoutError:
            continue
        asked.append(address)
        link.close()
