"""A buildpack for repo2docker that installs the lock with uv on the base image: no conda, no packages beyond the lock.

It runs in the process that drives repo2docker (builder.engines.containers.drive).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from repo2docker.buildpacks.base import BaseImage

from builder.engines.containers.request import SOURCES, WHEELS

ENVIRONMENT: Final = "/srv/env"
# Where a build step, and no later one, sees the index and the certificates: mounted, in no layer of the image.
SETTINGS: Final = "/run/reprise/uv.toml"
CERTIFICATES: Final = "/run/reprise/certificates.pem"
_UV: Final = "/tmp/reprise-uv"  # noqa: S108 - a path in the image, removed again
_USER_ID: Final = 1000


@dataclass(frozen=True, slots=True)
class UvPlan:
    """What differs between images: the Python ("3.11"), packages without a wheel and their date, whether to add pip."""

    uv: str
    python: str
    has_sources: bool
    sources_as_of: str
    has_pip: bool


class UvBuildPack(BaseImage):  # type: ignore[misc] # repo2docker is not typed
    """apt.txt, then the locked Python packages, then postBuild and start, in Binder's order."""

    plan: UvPlan

    def get_build_env(self) -> list[tuple[str, str]]:
        """Name the environment as repo2docker's own buildpacks do, for the postBuild scripts written for them."""
        return [
            *super().get_build_env(),
            ("NB_PYTHON_PREFIX", ENVIRONMENT),
            ("KERNEL_PYTHON_PREFIX", ENVIRONMENT),
            ("VIRTUAL_ENV", ENVIRONMENT),
        ]

    def get_path(self) -> list[str]:
        """Put the environment's programs first."""
        return [f"{ENVIRONMENT}/bin", *super().get_path()]

    def get_build_script_files(self) -> dict[str, str]:
        """Bring uv; it is removed when the packages are installed."""
        return {self.plan.uv: _UV}

    def get_build_scripts(self) -> list[tuple[str, str]]:
        """Make room that belongs to the image's user."""
        made = f"install -d -o ${{NB_USER}} -g ${{NB_USER}} {ENVIRONMENT} /srv/python"
        return [*super().get_build_scripts(), ("root", made)]

    def get_preassemble_script_files(self) -> dict[str, str]:
        """Bring the lock before the rest of the repository, so that its layer is used again."""
        names = ["requirements.txt", *([WHEELS, SOURCES] if self.plan.has_sources else [])]
        return {
            **super().get_preassemble_script_files(),
            **{self.binder_path(name): self.binder_path(name) for name in names},
        }

    def get_preassemble_scripts(self) -> list[tuple[str, str]]:
        """Install the lock after the system packages of apt.txt."""
        return [*super().get_preassemble_scripts(), ("${NB_USER}", self._install()), ("root", f"rm -f {_UV}")]

    def _install(self) -> str:
        python = f"--python {ENVIRONMENT}/bin/python"
        install = (
            f"{_UV} pip install {python} --no-deps --require-hashes --no-cache --compile-bytecode --link-mode copy"
        )
        wheels = self.binder_path(WHEELS if self.plan.has_sources else "requirements.txt")
        steps = [
            f"if [ -s {SETTINGS} ]; then export UV_CONFIG_FILE={SETTINGS}; fi",
            f"if [ -s {CERTIFICATES} ]; then export SSL_CERT_FILE={CERTIFICATES}; fi",
            "export UV_NO_PROGRESS=1 UV_PYTHON_INSTALL_DIR=/srv/python UV_PYTHON_PREFERENCE=system",
            f"{_UV} venv --no-cache --allow-existing --python {self.plan.python} {ENVIRONMENT}",
            f"{install} --no-build -r {wheels}",
        ]
        if self.plan.has_sources:
            dated = f"--exclude-newer {self.plan.sources_as_of}"
            steps.append(f"{install} {dated} -r {self.binder_path(SOURCES)}")
        if self.plan.has_pip:
            # The one that comes with the Python needs no index; where a system leaves it out, uv fetches one.
            steps.append(
                f"({ENVIRONMENT}/bin/python -m ensurepip --default-pip || {_UV} pip install {python} --no-cache pip)"
            )
        return f"{_mounts()} \\\n" + " && \\\n    ".join(steps)


def buildpack_with(plan: UvPlan) -> type[Any]:
    """Return the buildpack for one image; repo2docker makes its instances itself."""
    return type("UvBuildPack", (UvBuildPack,), {"plan": plan})


def _mounts() -> str:
    seen = (("reprise-settings", SETTINGS), ("reprise-certificates", CERTIFICATES))
    return " ".join(f"--mount=type=secret,id={name},target={path},uid={_USER_ID}" for name, path in seen)
