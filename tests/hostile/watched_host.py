"""A host with something to steal: files, a database, a store, services on loopback, processes and a run beside."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from builder.process_tree import children, descendants, is_alive
from tests.docker_engine import DockerEngine
from tests.reproduce.runner.conftest import wait_until

# What no notebook may leave anywhere: the attacks give their files these names.
_LEFT_BEHIND: Final = ("reprise-hostile*", "reprise-note*")
_PLACES: Final = ("/", "/tmp", "/var/tmp", "/dev/shm", "/home", "/etc", "/usr/bin", "/run", "/root")
_SETTINGS: Final = ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/self/oom_score_adj")


class WatchedHost:
    """Knows what it was like, and tells what has changed since."""

    def __init__(self, directory: Path, temporary: Path, engine: DockerEngine | None = None) -> None:
        self.directory = directory
        self.secret = secrets.token_hex(16)
        self.contacts: list[str] = []
        self.connection = ""
        self._temporary = temporary
        self._engine = engine
        self._sockets: dict[str, socket.socket] = {}
        # What was here before is no attack's: an engine, say, starts and ends processes for others as well.
        self._earlier = children(os.getpid())
        self._fill()
        self._listen()
        self._canary = subprocess.Popen(["sleep", "86400"], env={"SECRET": self.secret})
        self._before: dict[str, Any] = {}

    def parameters(self) -> dict[str, Any]:
        """What an attacker is told: where everything is."""
        return {
            "canary": str(self.directory / "canary.txt"),
            "directory": str(self.directory),
            "run": str(self.directory / "run"),
            "connection": self.connection,
            "database": str(self.directory / "db.sqlite3"),
            "store": str(self.directory / "store"),
            "socket": str(self.directory / "service.sock"),
            "tcp": self._sockets["tcp"].getsockname()[1],
            "udp": self._sockets["udp"].getsockname()[1],
            "abstract": f"reprise-{self.secret[:8]}",
            "pid": self._canary.pid,
            "worker": os.getpid(),
        }

    def remember(self) -> None:
        """Take what is now for what must be, once what is just ending (a container's shim, say) has ended."""
        self._before = self._state()
        wait_until(self._is_at_rest, 10)

    def changes(self) -> dict[str, Any]:
        """What is not as it was, after waiting for what is just ending: on a busy machine an engine takes seconds."""
        wait_until(lambda: self._state() == self._before, 10)
        now = self._state()
        changed = {name: (self._before[name], now[name]) for name in now if now[name] != self._before[name]}
        left = [str(path) for place in _PLACES for name in _LEFT_BEHIND for path in Path(place).glob(name)]
        return {**changed, **({"left behind": left} if left else {}), **self._contacts()}

    def _is_at_rest(self) -> bool:
        # On a busy machine a shim takes longer to end than this machine's own processes do.
        time.sleep(0.3 if self._engine else 0.05)
        before, self._before = self._before, self._state()
        return self._before == before

    def close(self) -> None:
        """End all that was started."""
        self._canary.kill()
        self._canary.wait()
        for listener in self._sockets.values():
            listener.close()

    def _contacts(self) -> dict[str, Any]:
        return {"contacts": list(self.contacts)} if self.contacts else {}

    def _fill(self) -> None:
        (self.directory / "store").mkdir(parents=True)
        for name in ("canary.txt", "store/artefact"):
            (self.directory / name).write_text(self.secret)
        with sqlite3.connect(self.directory / "db.sqlite3") as database:
            database.execute("create table secrets (text)")
            database.execute("insert into secrets values (?)", [self.secret])
        database.close()

    def _listen(self) -> None:
        kinds = {
            "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0reprise-{self.secret[:8]}"),
            "file": (socket.AF_UNIX, socket.SOCK_STREAM, str(self.directory / "service.sock")),
        }
        for name, (family, kind, address) in kinds.items():
            listener = self._sockets[name] = socket.socket(family, kind)
            listener.bind(address)
            if kind == socket.SOCK_STREAM:
                listener.listen()
            threading.Thread(target=self._note, args=(name, listener, kind), daemon=True).start()

    def _note(self, name: str, listener: socket.socket, kind: int) -> None:
        while True:
            try:
                if kind == socket.SOCK_STREAM:
                    listener.accept()[0].close()
                else:
                    listener.recv(1)
            except OSError:
                return
            self.contacts.append(name)

    def _state(self) -> dict[str, Any]:
        others = {pid for root in self._earlier for pid in (root, *descendants(root))}
        return {
            **(self._engine_state(self._engine) if self._engine else {}),
            "files": sorted(self._files(self.directory)),
            "temporary files": sorted(path.name for path in self._temporary.iterdir()),
            "processes": sorted(pid for pid in descendants(os.getpid()) if pid not in others and is_alive(pid)),
            "canary process": Path(f"/proc/{self._canary.pid}/stat").read_text().split()[2],
            **{path: Path(path).read_text() for path in _SETTINGS},
        }

    @staticmethod
    def _engine_state(engine: DockerEngine) -> dict[str, Any]:
        """All that a run can leave in an engine: containers, volumes, networks, images, processes of containers."""
        listed = {
            what: engine.docker(*what.split(), "--all", "--quiet", "--no-trunc").split() for what in ("ps", "image ls")
        }
        return {
            **listed,
            **{what: engine.docker(what, "ls", "--quiet").split() for what in ("volume", "network")},
            "contained": sorted(engine.contained_pids()),
        }

    @staticmethod
    def _files(directory: Path) -> Iterator[tuple[Any, ...]]:
        for path in directory.rglob("*"):
            # What the run beside is writing itself is no change.
            if "run" not in path.relative_to(directory).parts:
                status = path.lstat()
                content = path.read_bytes() if path.is_file() else b""
                yield str(path), status.st_mode, status.st_ino, status.st_nlink, status.st_mtime_ns, content


@contextmanager
def background(work: threading.Thread, stop: threading.Event) -> Iterator[None]:
    """Let a thread work until the end, and no longer."""
    work.start()
    try:
        yield
    finally:
        stop.set()
        work.join(30)


def settle(pid: int, within_s: float = 5.0) -> None:
    """Wait until the processes below `pid` are the same for half a second."""
    end = time.monotonic() + within_s
    seen: list[int] = []
    while time.monotonic() < end:
        now = descendants(pid)
        if now == seen:
            return
        seen = now
        time.sleep(0.5)
    os.kill(pid, signal.SIGCONT)
