"""The command line of Docker or Podman, as far as images need it. Nothing here ever runs a program of an image."""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from builder.engines.containers.commands import Answer, ask_command, run_command, streamed
from builder.engines.containers.references import parse_reference
from builder.engines.containers.refusals import tell_refusal
from builder.engines.limits import DEFAULT_LIMITS, BuildLimits
from builder.engines.progress import Progress
from builder.errors import BuildError

# What an installation without a container engine names instead of one.
NO_PROGRAM: Final = "none"
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_LOADED: Final = re.compile(r"Loaded image(?: ID|\(s\))?: *(\S+)")
_ASK_TIMEOUT_S: Final = 30.0
# What the client itself needs of the operator's environment: where its settings, its engine and its proxies are.
_PASSED_ON: Final = (
    "PATH", "HOME", "DOCKER_CONFIG", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "CONTAINER_HOST",
    "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "CONTAINERS_REGISTRIES_CONF", "REGISTRY_AUTH_FILE", "TMPDIR",
    "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy",
    "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Image:
    """What an engine knows of an image. `id` is the digest of its configuration; `remotes` are its names by digest.

    `triggers` are the instructions that are added to whatever builds on it (ONBUILD).
    """

    id: str
    remotes: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    labels: Mapping[str, str]
    working_directory: str
    user: str
    size_bytes: int
    triggers: tuple[str, ...] = ()

    def digests_of(self, name: str) -> list[str]:
        """Return the digests that the image has in the repository `name` ("host/path") of a registry."""
        parsed = [parse_reference(remote) for remote in self.remotes]
        return [reference.digest for reference in parsed if reference.name == name]


@dataclass(frozen=True, slots=True)
class ContainerClient:
    """`program` is docker or podman, by name or path; `host` the address of its socket, empty for its own choice."""

    program: str
    host: str = ""
    timeout_s: float = 1800.0
    limits: BuildLimits = field(default=DEFAULT_LIMITS)

    @property
    def is_podman(self) -> bool:
        """Tell which of the two it is; where they differ, they differ in options."""
        return Path(self.program).name.startswith("podman")

    @property
    def path(self) -> str:
        """Return the program's path. Raises BuildError container-engine-missing for "none", -unreachable without it."""
        if self.program == NO_PROGRAM:
            raise BuildError("container-engine-missing", file="the image")
        found = shutil.which(self.program)
        if found is None:
            raise BuildError("container-engine-unreachable", reason=f"{self.program} is not installed")
        return found

    def variables(self) -> dict[str, str]:
        """Return the environment of the client's processes."""
        kept = {name: os.environ[name] for name in _PASSED_ON if os.environ.get(name)}
        if self.host:
            kept |= {"CONTAINER_HOST" if self.is_podman else "DOCKER_HOST": self.host}
        return {**kept, "LC_ALL": "C.UTF-8"}

    def endpoint(self) -> str:
        """Return the address of Docker's socket: the given one, else that of the client's own settings."""
        variables = self.variables()
        if variables.get("DOCKER_HOST"):
            return variables["DOCKER_HOST"]
        asked = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
        answer = self._ask(asked, Progress(_nobody_reads))
        lines = answer.text.split()
        return lines[-1] if answer.status == 0 and lines else "unix:///var/run/docker.sock"

    def storage(self, *, progress: Progress) -> Path | None:
        """Return the directory of this machine where the engine keeps layers, None when it is not seen from here."""
        field = "{{.Store.GraphRoot}}" if self.is_podman else "{{.DockerRootDir}}"
        answer = self._ask(["info", "--format", field], progress)
        lines = [line for line in answer.text.splitlines() if line.startswith("/")]
        return Path(lines[-1]) if answer.status == 0 and lines and Path(lines[-1]).exists() else None

    def version(self, *, progress: Progress) -> str:
        """Return the engine's name and version. Raises BuildError container-engine-unreachable when it is silent."""
        answer = self._ask(["version", "--format", "{{json .}}"], progress)
        if answer.status:
            raise tell_refusal(answer.text, image="")
        facts = _object(answer.text)
        server = facts.get("Server") or facts.get("Client") or {}
        return f"{'podman' if self.is_podman else 'docker'} {server.get('Version', '')}".strip()

    def require_build_command(self, *, progress: Progress) -> None:
        """Raise BuildError container-engine-unreachable where the engine cannot build: Docker needs its buildx."""
        if self._ask(["buildx", "version"], progress).status:
            raise BuildError("container-engine-unreachable", reason=f"{self.program} has no buildx plugin")

    def inspect(self, image: str, *, progress: Progress) -> Image | None:
        """Return what the engine has under this name, digest or id; None when it has nothing."""
        answer = self._ask(["image", "inspect", "--format", "{{json .}}", image], progress)
        if answer.status == 0:
            return _image(_object(answer.text))
        refusal = tell_refusal(answer.text, image=image)
        if refusal.kind_id == "image-not-found":
            return None
        raise refusal

    def pull(self, image: str, *, progress: Progress) -> Image:
        """Fetch the image from its registry. Raises BuildError image-not-found, registry-unreachable, disk-full."""
        self._must(["pull", "--quiet", image], image, progress)
        return self._found(image, progress)

    def push(self, image: str, *, progress: Progress) -> None:
        """Send the image to the registry that its name begins with."""
        self._must(["push", *([] if self.is_podman else ["--quiet"]), image], image, progress)

    def tag(self, image_id: str, name: str, *, progress: Progress) -> None:
        """Give the image another name."""
        self._must(["tag", image_id, name], name, progress)

    def load(self, archive: Path, *, progress: Progress) -> Image:
        """Take the image out of an archive that docker save or podman save wrote."""
        answer = self._must(["load"], str(archive), progress, stdin=archive)
        names = _LOADED.findall(answer.text)
        if not names:
            raise BuildError("image-refused", reason="the archive holds no image")
        return self._found(names[-1], progress)

    def save(self, image: str, archive: Path, *, progress: Progress) -> None:
        """Write the image to an archive, in OCI's form where the engine knows it. Raises BuildError image-not-found."""
        form = ["--format", "oci-archive"] if self.is_podman else []
        self._must(["save", *form, "--output", str(archive), image], image, progress)

    def remove(self, image: str, *, progress: Progress) -> None:
        """Forget the image; that it is not there is no error."""
        self._ask(["image", "rm", image], progress)

    @contextmanager
    def exported(self, image_id: str, *, progress: Progress) -> Iterator[IO[bytes]]:
        """Give the image's root file system as a tar stream, from a container that never runs."""
        name = f"reprise-export-{uuid.uuid4().hex}"
        # A command must be named where the image has none; it is not run.
        created = ["create", "--name", name, "--network", "none", "--pull", "never", image_id, "/nothing"]
        self._must(created, image_id, progress)
        try:
            with streamed(
                [self.path, "export", name],
                variables=self.variables(),
                timeout_s=self.timeout_s,
                limits=self.limits,
                progress=progress,
            ) as stream:
                yield stream
        finally:
            # Also after a cancel, whose progress would end this too.
            self._ask(["rm", "--force", name], Progress(_nobody_reads))

    def _found(self, image: str, progress: Progress) -> Image:
        found = self.inspect(image, progress=progress)
        if found is None:
            raise BuildError("image-not-found", image=image)
        return found

    def _ask(self, arguments: Sequence[str], progress: Progress) -> Answer:
        try:
            return ask_command(
                [self.path, *arguments],
                variables=self.variables(),
                timeout_s=_ASK_TIMEOUT_S,
                limits=self.limits,
                progress=progress,
            )
        except BuildError as error:
            if error.kind_id != "build-timeout":
                raise
            raise BuildError("container-engine-unreachable", reason=f"no answer in {_ASK_TIMEOUT_S:.0f} s") from error

    def _must(self, arguments: Sequence[str], image: str, progress: Progress, stdin: Path | None = None) -> Answer:
        answer = run_command(
            [self.path, *arguments],
            variables=self.variables(),
            timeout_s=self.timeout_s,
            limits=self.limits,
            progress=progress,
            on_line=_nobody_reads,
            stdin=stdin,
        )
        if answer.status:
            raise tell_refusal(answer.text, image=image)
        return answer


def _image(facts: Mapping[str, Any]) -> Image:
    config = facts.get("Config") or {}
    remotes = [str(name) for name in facts.get("RepoDigests") or ()]
    return Image(
        id=_digest(str(facts.get("Id", ""))),
        remotes=tuple(name for name in remotes if _DIGEST.fullmatch(name.rpartition("@")[2])),
        variables=tuple(_pair(each) for each in config.get("Env") or () if "=" in each),
        labels={str(name): str(value) for name, value in (config.get("Labels") or {}).items()},
        working_directory=str(config.get("WorkingDir") or ""),
        user=str(config.get("User") or ""),
        size_bytes=int(facts.get("Size") or 0),
        triggers=tuple(str(line) for line in config.get("OnBuild") or ()),
    )


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _digest(text: str) -> str:
    """Return "sha256:…"; Podman leaves the beginning out."""
    digest = text if text.startswith("sha256:") else f"sha256:{text}"
    if not _DIGEST.fullmatch(digest):
        raise BuildError("container-engine-unreachable", reason="it answers something that is no image")
    return digest


def _object(text: str) -> dict[str, Any]:
    """Return the JSON object among the lines, which warnings may precede."""
    # Other signs that Python takes for the end of a line may stand in a label.
    for line in text.split("\n"):
        if line.startswith("{"):
            try:
                found = json.loads(line)
            except ValueError:
                break
            return dict(found)
    raise BuildError("container-engine-unreachable", reason="it answers something that is no JSON")


def _nobody_reads(_: str) -> None:
    """Lines that are shown only if the command fails."""
