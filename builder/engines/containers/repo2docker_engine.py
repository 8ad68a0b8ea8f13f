"""The engine repo2docker: an image is built from the repository as Binder would, with the packages of our lock."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from builder.engines.choice import BUILT
from builder.engines.containers.absent_python import is_absent, resolve_for_absent
from builder.engines.containers.client import Image
from builder.engines.containers.dockerfile import judge_triggers
from builder.engines.containers.image_builder import START, ImageBuilder
from builder.engines.containers.image_environment import Finisher, environment_of
from builder.engines.containers.image_records import ImageRecord, ImageRecords
from builder.engines.containers.image_settings import ImageSettings
from builder.engines.containers.inside import Inside
from builder.engines.containers.prepared_snapshot import (
    UNLOCKED,
    PreparedSnapshot,
    prepare_snapshot,
    recipe_digests,
    revision_of,
)
from builder.engines.containers.references import judge_host, parse_reference
from builder.engines.containers.registry import KEY_LABEL, ImageRegistry
from builder.engines.containers.roots import RootStore
from builder.engines.containers.unlocked import lock_without_packages
from builder.engines.leases import mark_used
from builder.engines.local import DiskWatch, LocalEngine
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import BuiltEnvironment, Lock
from builder.engines.uv_process import Uv, find_uv
from builder.errors import BuildError
from builder.recipe.model import Recipe, Wish

# Part of every key: raise it when the same recipe and lock give another image.
ENGINE_VERSION: Final = "repo2docker/1"
# What repo2docker builds on unless it is told otherwise.
DEFAULT_BASE: Final = "docker.io/library/buildpack-deps:24.04"
# No registry has this host, so an image of this name was built here.
_NAME: Final = "localhost/reprise/{key}"
_REPOSITORY: Final = "/home/jovyan"
_NOT_LOCKED: Final = (Wish.DOCKERFILE, Wish.R, Wish.JULIA, Wish.NIX)


class Repo2DockerEngine:
    """Engine on repo2docker. Everything it keeps lies under `root`; what is built stays in the container engine too."""

    name = "repo2docker"

    def __init__(self, root: Path, settings: ImageSettings, *, local: LocalEngine) -> None:
        self._root = root.resolve()
        self._settings = settings
        self._local = local
        self._records = ImageRecords(self._root / "images")
        self._roots = RootStore(self._root / "roots")
        self._registry = ImageRegistry(settings.client, settings.registry)

    def followed(self) -> frozenset[Wish]:
        """Return the wishes that this engine follows."""
        return BUILT | {Wish.CONDA_PACKAGES} if self._settings.buildpacks == "standard" else BUILT

    def resolve(self, recipe: Recipe, *, progress: Progress) -> Lock:
        """Resolve the Python packages as the local engine does; a recipe that others install has a lock without any."""
        followed = self.followed()
        remarks = recipe.unmet(*followed)
        system = recipe.wishes(Wish.SYSTEM_PACKAGES, Wish.CONDA_PACKAGES)
        remarks += tuple(f"The packages of {extra.file} are those of the day of the build." for extra in system)
        unlocked = recipe.wishes(*_NOT_LOCKED)
        if unlocked:
            remarks += tuple(f"What {extra.file} installs is not locked: the image is kept." for extra in unlocked)
            return lock_without_packages(
                recipe, engine=ENGINE_VERSION, image=self._base(), approximations=tuple(dict.fromkeys(remarks))
            )
        rest = replace(recipe, extras=tuple(extra for extra in recipe.extras if extra.wish not in followed))
        lock = self._resolved(rest, progress)
        return replace(lock, approximations=tuple(dict.fromkeys((*lock.approximations, *remarks))))

    def _resolved(self, recipe: Recipe, progress: Progress) -> Lock:
        """Resolve on this machine's Python, or for one that only the image has."""
        at_hand = self._local.interpreters()
        if not is_absent(recipe.python, at_hand):
            return self._local.resolve(recipe, progress=progress)
        settings = self._settings
        return resolve_for_absent(
            recipe,
            at_hand,
            uv=Uv(find_uv(), settings.index_url or None, settings.is_sandboxed, settings.limits),
            root=self._root,
            timeout_s=settings.build_timeout_s,
            now=datetime.now(UTC),
            progress=progress,
        )

    def build(self, recipe: Recipe, lock: Lock, *, source: Path, progress: Progress) -> BuiltEnvironment:
        """Make the image's environment or reuse it; others who ask for it wait. Raises BuildError."""
        started = time.monotonic()
        prepared = prepare_snapshot(recipe, lock, source, buildpacks=self._settings.buildpacks)
        request = self._digest(recipe, lock, prepared, {"": self._base()})
        found = self._found(request)
        is_reused = found is not None
        if found is None:
            with DiskWatch(self._root), self._records.alone(request):
                found = self._found(request)
                is_reused = found is not None
                if found is None:
                    record = self._made(request, recipe, lock, prepared, source, progress)
                    self._records.keep(request, record)
                    found = record
        root = self._roots.find(found.digest)
        if root is None:
            raise BuildError("image-lost", digest=found.digest)
        mark_used(root.path.parent)
        progress.log(f"The environment {found.key[:12]} is {'reused' if is_reused else 'ready'}.")
        return environment_of(found, root, recipe, lock, engine=self.name, is_reused=is_reused, started=started)

    def _found(self, request: str) -> ImageRecord | None:
        record = self._records.find(request)
        return record if record is not None and self._roots.find(record.digest) is not None else None

    def _made(
        self,
        request: str,
        recipe: Recipe,
        lock: Lock,
        prepared: PreparedSnapshot,
        source: Path,
        progress: Progress,
    ) -> ImageRecord:
        """Have the image: from the engine, from the registry, or built; then its environment."""
        known = self._records.find(request)
        if known is not None:
            image = self._again(known, progress)
            if image is not None:
                return self._finished(image, recipe, prepared, known.key, known.remote, known.details, progress)
        bases = self._bases(prepared, progress)
        key = self._digest(recipe, lock, prepared, bases)
        name = _NAME.format(key=key)
        client = self._settings.client
        details: dict[str, Any] = {
            "engine": ENGINE_VERSION,
            "container_engine": client.version(progress=progress),
            "base_images": bases,
            "recipe_sha256": recipe_digests(recipe, source),
        }
        image = client.inspect(name, progress=progress) or self._registry.pull(key, progress=progress)
        if image is not None:
            built = {"repo2docker": version("jupyter-repo2docker"), "buildpack": prepared.buildpack}
            remote = self._remote(image)
            return self._finished(image, recipe, prepared, key, remote, {**details, **built}, progress)
        progress.stage(Stage.BUILD)
        client.require_build_command(progress=progress)
        labels = _labels(key, lock, prepared, source)
        details |= self._builder().build(prepared, lock, source=source, image=name, labels=labels, progress=progress)
        image = client.inspect(name, progress=progress)
        if image is None:
            raise BuildError("internal-error", reason="the built image is not there")
        record = self._finished(image, recipe, prepared, key, "", details, progress)
        remote = self._registry.push(image, key, progress=progress)
        return replace(record, remote=remote, details={**record.details, "remote": remote})

    def _again(self, record: ImageRecord, progress: Progress) -> Image | None:
        """Return the very image whose root is gone: from the engine, else from the registry."""
        progress.log("The image's root file system was evicted; it is unpacked again.")
        image = self._settings.client.inspect(record.digest, progress=progress)
        if image is None and record.remote:
            progress.stage(Stage.DOWNLOAD)
            image = self._registry.pull(record.key, remote=record.remote, progress=progress)
        return image if image is not None and image.id == record.digest else None

    def _finished(
        self,
        image: Image,
        recipe: Recipe,
        prepared: PreparedSnapshot,
        key: str,
        remote: str,
        details: Mapping[str, Any],
        progress: Progress,
    ) -> ImageRecord:
        finisher = Finisher(
            self._roots, self._root / "scratch", self._settings.size_limit_bytes, self._settings.is_sandboxed
        )
        record = finisher.finish(
            finisher.unpacked(self._settings.client, image, progress=progress),
            recipe,
            key=key,
            repository=_REPOSITORY if prepared.is_whole and prepared.buildpack != "dockerfile" else "",
            start=(START,) if prepared.start else (),
            remote=remote,
            details=details,
            progress=progress,
        )
        if prepared.buildpack == "dockerfile":
            return replace(record, repository=self._copied_to(image, record, recipe))
        return record

    def _copied_to(self, image: Image, record: ImageRecord, recipe: Recipe) -> str:
        """Return where a Dockerfile put the repository: its working directory, if the recipe's files are there."""
        place = image.working_directory
        root = self._roots.find(record.digest)
        if root is None or place in ("", "/"):
            return ""
        inside = Inside(root.path)
        names = [extra.file for extra in recipe.extras] + list(recipe.files)
        return place if any(inside.outside(f"{place}/{name}") for name in names) else ""

    def _bases(self, prepared: PreparedSnapshot, progress: Progress) -> dict[str, str]:
        """Return the digest of each image that is built on, fetched if it is not here. Raises BuildError."""
        client = self._settings.client
        bases = {}
        if prepared.buildpack != "dockerfile":
            base = self._base()
            found = client.inspect(base, progress=progress)
            if found is None:
                progress.stage(Stage.DOWNLOAD)
                found = client.pull(base, progress=progress)
            bases[base] = found.id
        for reference in prepared.images:
            found = client.inspect(reference.whole, progress=progress)
            if found is None:
                judge_host(reference, self._settings.hosts)
                progress.stage(Stage.DOWNLOAD)
                found = client.pull(reference.whole, progress=progress)
            judge_triggers(found.triggers, reference)
            bases[reference.whole] = found.id
        return bases

    def _digest(self, recipe: Recipe, lock: Lock, prepared: PreparedSnapshot, bases: Mapping[str, str]) -> str:
        # What others install does not depend on it; a lock from the record may name the Python that was found.
        minor = "" if prepared.buildpack in UNLOCKED else ".".join(lock.python_version.split(".")[:2])
        # Of a lock, what it installs is part of the prepared files; its remarks change nothing.
        parts = (ENGINE_VERSION, version("jupyter-repo2docker"), minor, recipe.language, prepared.digest)
        return hashlib.sha256(repr((parts, sorted(bases.items()))).encode()).hexdigest()

    def _base(self) -> str:
        return parse_reference(self._settings.base_image or DEFAULT_BASE).whole

    def _remote(self, image: Image) -> str:
        """Return the image's name by digest in the registry, where it has one."""
        if not self._settings.registry:
            return ""
        name = parse_reference(f"{self._settings.registry.rstrip('/')}/environment").name
        return next((f"{name}@{digest}" for digest in image.digests_of(name)), "")

    def _builder(self) -> ImageBuilder:
        settings = self._settings
        return ImageBuilder(
            settings.client,
            self._base(),
            settings.index_url,
            self._root / "scratch",
            settings.build_timeout_s,
            settings.limits,
        )


def _labels(key: str, lock: Lock, prepared: PreparedSnapshot, source: Path) -> dict[str, str]:
    labels = {KEY_LABEL: key, "org.reprise.lock": lock.sha256, "org.opencontainers.image.title": "Reprise environment"}
    if prepared.is_whole:  # otherwise it serves other commits as well
        labels["org.opencontainers.image.revision"] = revision_of(source)
    return labels
