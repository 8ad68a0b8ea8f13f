"""The program that drives repo2docker: `python -m builder.engines.containers.drive REQUEST`, a BuildRequest as JSON.

A process of its own, because repo2docker changes its working directory and sets globals, and because it must be
possible to end it. What the engine says goes to standard output; REQUEST.report gets the Dockerfile and the versions.
Exit status is 0 for an image, 2 where repo2docker refuses the repository, 1 for anything else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import repo2docker
from repo2docker.app import Repo2Docker
from repo2docker.buildpacks import (
    CondaBuildPack,
    DockerBuildPack,
    JuliaProjectTomlBuildPack,
    JuliaRequireBuildPack,
    NixBuildPack,
    PythonBuildPack,
    RBuildPack,
)
from repo2docker.docker import DockerEngine
from repo2docker.utils import chdir

from builder.engines.containers.buildpack import UvPlan, buildpack_with
from builder.engines.containers.request import REFUSED, BuildRequest

_BUILDPACKS: Final[dict[str, list[type[Any]]]] = {
    "dockerfile": [DockerBuildPack],
    "julia": [JuliaProjectTomlBuildPack, JuliaRequireBuildPack],
    "nix": [NixBuildPack],
    "r": [RBuildPack],
    "conda": [CondaBuildPack],
    "python": [PythonBuildPack],
}


class _NamedEngine(DockerEngine):  # type: ignore[misc] # repo2docker is not typed
    """repo2docker's engine, with the client that was chosen instead of the first one on PATH."""

    def __init__(self, program: str, arguments: list[str], **settings: Any) -> None:  # noqa: ANN401 - traitlets
        super().__init__(**settings)
        self._container_cli = program
        self.extra_buildx_build_args = arguments

    def inspect_image(self, image: str) -> None:  # noqa: ARG002 - whether it exists was settled before
        """Say that there is no such image, so that it is built."""
        return


class _App(Repo2Docker):  # type: ignore[misc] # repo2docker is not typed
    """repo2docker with what the request fixes."""

    request: BuildRequest

    def get_engine(self) -> _NamedEngine:
        """Return the engine of the request."""
        return _NamedEngine(self.request.program, list(self.request.arguments), parent=self)


def main(path: Path) -> int:
    """Build the image of the request and say how it went."""
    request = BuildRequest.from_json(path.read_text(encoding="utf-8"))
    app = app_of(request)
    try:
        with chdir(request.source):
            report = {"repo2docker": repo2docker.__version__, "dockerfile": rendered_dockerfile(app, request)}
        Path(request.report).write_text(json.dumps(report), encoding="utf-8")
        app.build()
    except subprocess.CalledProcessError:
        return 1  # the engine has said why
    except (ValueError, RuntimeError, OSError) as error:
        sys.stdout.write(f"repo2docker: {error}\n")
        return REFUSED
    return 0


def app_of(request: BuildRequest) -> _App:
    app = _App()
    app.request = request
    app.repo = request.source
    app.output_image_spec = request.image
    app.user_id, app.user_name = 1000, "jovyan"
    app.run = app.push = False
    app.cleanup_checkout = False
    app.labels = dict(request.labels)
    app.appendix = request.appendix
    app.buildpacks = list(_packs(request))
    if request.base_image:
        app.base_image = request.base_image
    app.initialize()
    return app


def _packs(request: BuildRequest) -> Iterator[type[Any]]:
    if request.buildpack != "uv":
        yield from _BUILDPACKS[request.buildpack]
        return
    yield buildpack_with(
        UvPlan(request.uv, request.python, request.has_sources, request.sources_as_of, request.has_pip)
    )


def rendered_dockerfile(app: _App, request: BuildRequest) -> str:
    """Return the Dockerfile of the buildpack that will be taken, as it is rendered."""
    for kind in app.buildpacks:
        pack = kind(base_image=app.base_image)
        if pack.detect():
            pack.platform, pack.appendix = app.platform, app.appendix
            return str(pack.render({"NB_USER": app.user_name, "NB_UID": str(app.user_id)}))
    raise ValueError(f"the {request.buildpack} buildpack finds nothing to build")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
