"""Build one image: write what repo2docker is given, drive it in a process of its own, tell why it failed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from builder.engines.containers.build_refusals import tell_build_failure
from builder.engines.containers.client import ContainerClient
from builder.engines.containers.commands import run_command
from builder.engines.containers.prepared_snapshot import PreparedSnapshot
from builder.engines.containers.request import SOURCES, BuildRequest
from builder.engines.containers.room import Room
from builder.engines.dated_tools import BUILD_TOOLS
from builder.engines.limits import BuildLimits
from builder.engines.progress import Progress
from builder.engines.protocol import Lock
from builder.engines.uv_process import find_uv
from builder.errors import BuildError
from builder.held_directory import held_directory

# Where the image has the repository's start script, because its home is not what a kernel sees.
START: Final = "/usr/local/share/reprise/start"
_PROJECT: Final = Path(__file__).resolve().parents[3]
# The name of a rendered step is long; that much of it is shown.
_LINE_LIMIT: Final = 300
_HIDDEN: Final = re.compile(r"^#\d+ (?:sha256:\S+ |transferring |extracting |resolve |exporting |writing |naming )")


@dataclass(frozen=True, slots=True)
class ImageBuilder:
    """Builds images with repo2docker on `base_image`. Of the service's environment, builds see the index and the
    certificates while packages are installed, and nothing else: no registry's password, no variable.
    """

    client: ContainerClient
    base_image: str
    index_url: str
    scratch: Path
    timeout_s: float
    limits: BuildLimits

    def build(
        self,
        prepared: PreparedSnapshot,
        lock: Lock,
        *,
        source: Path,
        image: str,
        labels: dict[str, str],
        progress: Progress,
    ) -> dict[str, Any]:
        """Build and name the image; return what is recorded of the build. Raises BuildError with its cause."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        with held_directory("image-", self.scratch) as folder:
            work = Path(folder)
            prepared.write(source, work / "src")
            request = self._request(prepared, lock, work, image, labels)
            (work / "request.json").write_text(request.to_json(), encoding="utf-8")
            room = Room(self.client.storage(progress=progress))
            with self._variables(work) as variables, room.watched(progress) as watching:
                answer = run_command(
                    [sys.executable, "-m", f"{__package__}.drive", str(work / "request.json")],
                    variables=variables,
                    cwd=work,
                    timeout_s=self.timeout_s,
                    limits=self.limits,
                    progress=watching,
                    on_line=_telling(progress),
                )
            if answer.status:
                raise tell_build_failure(answer.text, lock=lock, image=request.base_image)
            return _recorded(work, request)

    def _request(
        self, prepared: PreparedSnapshot, lock: Lock, work: Path, image: str, labels: dict[str, str]
    ) -> BuildRequest:
        is_uv = prepared.buildpack == "uv"
        names = {Path(path).name for path in prepared.files}
        return BuildRequest(
            program=self.client.path,
            source=str(work / "src"),
            image=image,
            buildpack=prepared.buildpack,
            base_image=self.base_image,
            labels=labels,
            arguments=(*self._limit_arguments(), *(self._secrets(work) if is_uv else ())),
            appendix=_installed_start(prepared.start),
            report=str(work / "report.json"),
            uv=str(find_uv()) if is_uv else "",
            python=".".join(lock.python_version.split(".")[:2]),
            has_sources=SOURCES in names,
            sources_as_of=f"{max(lock.as_of, BUILD_TOOLS[0]):%Y-%m-%dT%H:%M:%SZ}",
            has_pip="postBuild" in names,
        )

    def _limit_arguments(self) -> tuple[str, ...]:
        # Docker's BuildKit takes no limit of memory with a build: the engine's own settings hold (docs/containers.md).
        return ("--memory", str(self.limits.memory_bytes)) if self.client.is_podman else ("--load",)

    def _secrets(self, work: Path) -> tuple[str, ...]:
        arguments: list[str] = []
        if self.index_url:
            settings = work / "uv.toml"
            settings.write_text(f"[[index]]\nurl = {json.dumps(self.index_url)}\ndefault = true\n", encoding="utf-8")
            arguments += ["--secret", f"id=reprise-settings,src={settings}"]
        certificates = os.environ.get("SSL_CERT_FILE", "")
        if certificates and Path(certificates).is_file():
            arguments += ["--secret", f"id=reprise-certificates,src={certificates}"]
        return tuple(arguments)

    @contextmanager
    def _variables(self, work: Path) -> Iterator[dict[str, str]]:
        """Give the environment of the driving process: the engine's address, but no settings that hold passwords."""
        config = work / "config"
        config.mkdir()
        (config / "auth.json").write_text("{}", encoding="utf-8")
        kept = self.client.variables()
        own = Path(kept.get("DOCKER_CONFIG") or Path(kept.get("HOME", "/root")) / ".docker")
        if (own / "cli-plugins").is_dir():
            (config / "cli-plugins").symlink_to(own / "cli-plugins")
        kept |= {"DOCKER_CONFIG": str(config), "REGISTRY_AUTH_FILE": str(config / "auth.json")}
        if not self.client.is_podman:
            kept |= {"HOME": str(config), "DOCKER_HOST": self.client.endpoint()}
        if os.environ.get("BUILDX_BUILDER"):  # one with limits, which the operator made
            kept |= {"BUILDX_BUILDER": os.environ["BUILDX_BUILDER"], "BUILDX_CONFIG": str(own / "buildx")}
        if os.environ.get("SSL_CERT_FILE"):  # repo2docker itself asks which R and Julia there are
            kept["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"]
        yield {**kept, "PYTHONPATH": str(_PROJECT), "PYTHONUNBUFFERED": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}


def _recorded(work: Path, request: BuildRequest) -> dict[str, Any]:
    try:
        report = json.loads((work / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BuildError("internal-error", reason="the build left no report") from error
    return {
        "repo2docker": report["repo2docker"],
        "buildpack": request.buildpack,
        "dockerfile_sha256": hashlib.sha256(report["dockerfile"].encode()).hexdigest(),
        "labels": request.labels,
    }


def _installed_start(start: str) -> str:
    if not start:
        return ""
    return f'USER root\nRUN install -D -m 0755 "${{REPO_DIR}}/{start}" {START}\nUSER ${{NB_USER}}'


def _telling(progress: Progress) -> Callable[[str], None]:
    def tell(line: str) -> None:
        if not _HIDDEN.match(line):
            progress.log(line if len(line) <= _LINE_LIMIT else f"{line[:_LINE_LIMIT]}…")

    return tell
