"""Docker or Podman asked about the container of a run: is it there, how is it, remove it. Short questions only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from reproduce.runner.confinement.protocol import ConfinementMissingError
from reproduce.runner.job import Container
from reproduce.runner.runner_identity import is_gone

LABEL: Final = "org.reprise.runner"
_ASK_TIMEOUT_S: Final = 10.0
_REMOVED_WITHIN_S: Final = 10.0
_POLL_S: Final = 0.05


class ContainerEngine:
    """The engine that a job names, through its own client program."""

    def __init__(self, container: Container) -> None:
        self._container = container

    @property
    def is_podman(self) -> bool:
        """Which of the two it is; where they differ, they differ in options."""
        return Path(self._container.program).name.startswith("podman")

    def program(self) -> str:
        """Return the client's path. Raises ConfinementMissingError."""
        found = shutil.which(self._container.program)
        if found is None:
            raise ConfinementMissingError(f"{self._container.program} is not installed")
        return found

    def variables(self) -> dict[str, str]:
        """Return the environment of the client: where its engine is, and nothing of the run."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_RUNTIME_DIR") if name in os.environ}
        host = {"CONTAINER_HOST" if self.is_podman else "DOCKER_HOST": self._container.host}
        return {**kept, "LC_ALL": "C.UTF-8", **(host if self._container.host else {})}

    def version(self) -> str:
        """Return name and version of the engine, empty when it does not answer."""
        answer = self._ask("version", "--format", "{{json .}}")
        facts = _object(answer)
        server = facts.get("Server") or facts.get("Client") or {}
        number = server.get("Version", "") if isinstance(server, dict) else ""
        return f"{'podman' if self.is_podman else 'docker'} {number}" if number else ""

    def why_not(self, image: str) -> str | None:
        """Return why no container of the image can be run, in one line."""
        try:
            self.program()
        except ConfinementMissingError as error:
            return str(error)
        if not self.version():
            return f"the container engine {self._container.program} does not answer"
        if not image:
            return "no image is named in which environments of this machine run"
        return None if self._ask("image", "inspect", image) else f"the container engine has no image {image}"

    def volumes(self, image: str) -> list[str]:
        """Return the paths that the image declares as volumes, which would be writable and unlimited."""
        with suppress(ValueError, KeyError, IndexError, TypeError, AttributeError):
            return sorted(json.loads(self._ask("image", "inspect", image))[0]["Config"].get("Volumes") or {})
        return []

    def state(self, name: str) -> dict[str, Any]:
        """Return what the engine says of the container: Running, Pid, ExitCode, OOMKilled; empty when it has none."""
        return _object(self._ask("inspect", "--type", "container", "--format", "{{json .State}}", name))

    def remove(self, name: str) -> None:
        """Kill and remove the container, by its name or identifier; it is gone when this returns, if the engine can.

        To end its client would leave it running.
        """
        if self._ask(*self.removal(), name):
            return
        # An engine refuses to remove what somebody else is removing, as the lifeline of a killed runner does.
        end = time.monotonic() + _REMOVED_WITHIN_S
        while self.state(name) and time.monotonic() < end:
            time.sleep(_POLL_S)

    def removal(self) -> list[str]:
        """Return the client's arguments that kill and remove the container whose name follows."""
        # Podman would ask the container to end, and wait for that, before it kills it.
        return ["rm", "--force", *(["--time", "0"] if self.is_podman else []), "--volumes"]

    def sweep(self) -> int:
        """Remove the containers of runners that are no more; return how many there were."""
        label = f'index .Labels "{LABEL}"' if self.is_podman else f'.Label "{LABEL}"'
        listed = self._ask("ps", "--all", "--filter", f"label={LABEL}", "--format", f"{{{{.ID}}}} {{{{{label}}}}}")
        lost = [words[0] for words in map(str.split, listed.splitlines()) if len(words) == 2 and is_gone(words[1])]
        for each in lost:
            self.remove(each)
        return len(lost)

    def _ask(self, *arguments: str) -> str:
        """Return what the client says, nothing when it fails or does not answer in time."""
        try:
            answer = subprocess.run(
                [self.program(), *arguments],
                env=self.variables(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ASK_TIMEOUT_S,
                check=False,
            )
        except (ConfinementMissingError, OSError, subprocess.TimeoutExpired):
            return ""
        return answer.stdout.decode("utf-8", "replace") if answer.returncode == 0 else ""


def _object(text: str) -> dict[str, Any]:
    with suppress(ValueError):
        data = json.loads(text)
        return data if isinstance(data, dict) else {}
    return {}
