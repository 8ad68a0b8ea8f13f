"""From a finished image to an environment: its root, its kernel, what is inside, and that the kernel starts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final

from builder.engines.companion import make_companion
from builder.engines.containers.client import ContainerClient, Image
from builder.engines.containers.image_contents import python_packages, system_packages
from builder.engines.containers.image_kernels import find_kernel
from builder.engines.containers.image_records import ImageRecord
from builder.engines.containers.inside import Inside
from builder.engines.containers.roots import Export, RootStore
from builder.engines.limits import in_words
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import BuiltEnvironment, Lock, Root
from builder.engines.run_variables import home_variables
from builder.engines.verifying import verify_kernel
from builder.errors import BuildError
from builder.recipe.model import Recipe

# What belongs to a run, not to an image, and what only builds need.
_NOT_TAKEN: Final = frozenset({*home_variables("", ""), "HOSTNAME", "PWD", "DEBIAN_FRONTEND"})


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What is unpacked: the image's digest, its variables and working directory, and what opens its root as a tar."""

    digest: str
    variables: tuple[tuple[str, str], ...]
    working_directory: str
    export: Export


@dataclass(frozen=True, slots=True)
class Finisher:
    """Makes environments of images. `scratch` is where a kernel that is tried has its home."""

    roots: RootStore
    scratch: Path
    size_limit_bytes: int
    is_sandboxed: bool

    def unpacked(self, client: ContainerClient, image: Image, *, progress: Progress) -> Unpacked:
        """Return the engine's image as something to unpack. Raises BuildError image-too-large."""
        if image.size_bytes > self.size_limit_bytes:
            raise BuildError("image-too-large", limit=in_words(self.size_limit_bytes))
        export = partial(client.exported, image.id, progress=progress)
        return Unpacked(image.id, image.variables, image.working_directory, export)

    def finish(
        self,
        image: Unpacked,
        recipe: Recipe,
        *,
        key: str,
        repository: str,
        start: tuple[str, ...] = (),
        remote: str = "",
        details: Mapping[str, Any],
        progress: Progress,
    ) -> ImageRecord:
        """Unpack the image, find its kernel, list what is inside and see the kernel start.

        `start` is a program of the image that starts the kernel. Raises BuildError kernel-missing-in-image, and those
        of the root store and of the verification.
        """
        progress.stage(Stage.INSTALL)
        root = self.roots.put(image.export, digest=image.digest, repository=repository, progress=progress)
        progress.stage(Stage.VERIFY)
        inside = Inside(root.path)
        declared = dict(image.variables)
        kernel = find_kernel(inside, declared, language=recipe.language, python=recipe.python)
        variables = {name: value for name, value in declared.items() if name not in _NOT_TAKEN} | dict(kernel.variables)
        argv = (*(start or _start_of(inside, declared, image.working_directory)), *kernel.argv)
        facts = verify_kernel(
            argv,
            readonly_paths=(),
            root=root.path,
            variables=tuple(sorted(variables.items())),
            scratch=self.scratch,
            is_sandboxed=self.is_sandboxed,
            progress=progress,
        )
        packages = python_packages(inside, kernel.python) if kernel.python else ()
        progress.log(f"The image's kernel {kernel.name} starts: {facts.language} {facts.language_version}.")
        return ImageRecord(
            key=key,
            digest=image.digest,
            repository=repository,
            prefix=kernel.python.prefix if kernel.python else str(PurePosixPath(kernel.argv[0]).parents[1]),
            python_version=_version(
                facts.language, facts.language_version, kernel.python.version if kernel.python else ""
            ),
            language=recipe.language,
            kernel_argv=argv,
            variables=tuple(sorted(variables.items())),
            remote=remote,
            details={
                **details,
                "image_digest": image.digest,
                "remote": remote,
                "kernel": {"name": kernel.name, "language": facts.language, "version": facts.language_version},
                "packages": [f"{package.name}=={package.version}" for package in packages],
                "system_packages": [f"{name}={version}" for name, version in system_packages(inside).items()],
            },
            # The image brings its own fonts; they are among its system packages.
            companion=make_companion(facts, fonts={}),
        )


def environment_of(
    record: ImageRecord, root: Root, recipe: Recipe, lock: Lock, *, engine: str, is_reused: bool, started: float
) -> BuiltEnvironment:
    """Return the environment that the record speaks of; `started` is of time.monotonic()."""
    return BuiltEnvironment(
        engine=engine,
        key=record.key,
        prefix=Path(record.prefix),
        python_version=record.python_version,
        language=record.language,
        kernel_argv=record.kernel_argv,
        readonly_paths=(),
        lock=lock,
        recipe_files=recipe.files,
        is_reused=is_reused,
        build_s=time.monotonic() - started,
        root=Root(root.path, root.digest, record.repository),
        variables=record.variables,
        details=record.details,
        companion=record.companion,
    )


def _start_of(inside: Inside, declared: Mapping[str, str], directory: str) -> tuple[str, ...]:
    """Return the program through which an image of repo2docker starts every command, if it names one that is there."""
    named = declared.get("R2D_ENTRYPOINT", "")
    path = str(PurePosixPath("/", directory, named))
    return (path,) if named and inside.is_program(path) else ()


def _version(language: str, said: str, read: str) -> str:
    """Return the exact version of the kernel's Python: as it says itself, else as the files say."""
    return said if language == "python" and said else read
