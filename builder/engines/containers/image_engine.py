"""The engine image: an image that is given is used as it is, by its digest."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from builder.engines.containers.given_files import GivenFile, given_file, unpacked_file
from builder.engines.containers.image_environment import Finisher, Unpacked, environment_of
from builder.engines.containers.image_records import ImageRecord, ImageRecords
from builder.engines.containers.image_settings import ImageSettings
from builder.engines.containers.inside import Inside
from builder.engines.containers.references import Reference, judge_host, parse_reference
from builder.engines.containers.roots import RootStore
from builder.engines.containers.unlocked import lock_without_packages
from builder.engines.leases import mark_used
from builder.engines.local import DiskWatch
from builder.engines.lockfile import reprise_table
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import BuiltEnvironment, Lock
from builder.errors import BuildError
from builder.recipe.model import Extra, Recipe, Wish

# Part of every key: raise it when the same image gives another environment.
ENGINE_VERSION: Final = "image/1"
# Only whoever runs the command line may name a file of this machine.
ASKED_FOR: Final = "--image"
_WISHES: Final = (Wish.IMAGE, Wish.SIF)


class ImageEngine:
    """Engine on images that are given: a reference to a registry, or a file where the command line names one."""

    name = "image"

    def __init__(self, root: Path, settings: ImageSettings) -> None:
        self._root = root.resolve()
        self._settings = settings
        self._records = ImageRecords(self._root / "images")
        self._roots = RootStore(self._root / "roots")

    def resolve(self, recipe: Recipe, *, progress: Progress) -> Lock:
        """Return a lock that names the image by its digest. Raises BuildError image-forbidden, image-not-found."""
        given = _given(recipe)
        remarks = [*recipe.unmet(*_WISHES)]
        if recipe.requirements and not recipe.is_inferred:
            remarks.append(f"The image is used as it is: what {', '.join(recipe.files)} asks for is not installed.")
        file = given_file(given, is_asked_for=given.file == ASKED_FOR)
        if file is not None:
            named, digest = str(file), file.digest(progress=progress)
        else:
            reference = parse_reference(given.values[0])
            named, digest = self._resolved(reference, progress)
        return lock_without_packages(
            replace(recipe, approximations=()),
            engine=ENGINE_VERSION,
            image=named,
            digest=digest,
            approximations=remarks,
        )

    def build(self, recipe: Recipe, lock: Lock, *, source: Path, progress: Progress) -> BuiltEnvironment:  # noqa: ARG002 - an image serves every snapshot
        """Unpack the image of the lock or reuse its root; others who ask for it wait. Raises BuildError."""
        started = time.monotonic()
        table = reprise_table(lock)
        named, digest = str(table.get("image", "")), str(table.get("digest", ""))
        request = _digest(recipe, digest)
        found = self._found(request)
        is_reused = found is not None
        if found is None:
            with DiskWatch(self._root), self._records.alone(request):
                found = self._found(request)
                is_reused = found is not None
                if found is None:
                    found = self._made(request, recipe, named, digest, progress)
                    self._records.keep(request, found)
        root = self._roots.find(found.digest)
        if root is None:
            raise BuildError("image-lost", digest=found.digest)
        mark_used(root.path.parent)
        progress.log(f"The environment {found.key[:12]} is {'reused' if is_reused else 'ready'}.")
        return environment_of(found, root, recipe, lock, engine=self.name, is_reused=is_reused, started=started)

    def _found(self, request: str) -> ImageRecord | None:
        record = self._records.find(request)
        return record if record is not None and self._roots.find(record.digest) is not None else None

    def _made(self, request: str, recipe: Recipe, named: str, digest: str, progress: Progress) -> ImageRecord:
        settings = self._settings
        finisher = Finisher(self._roots, self._root / "scratch", settings.size_limit_bytes, settings.is_sandboxed)
        details = {"engine": ENGINE_VERSION, "image": named, "digest": digest}
        file = GivenFile.parse(named)
        if file is not None:
            if file.digest(progress=progress) != digest:
                raise BuildError("image-refused", reason=f"{file.path.name} is not what it was")
            with unpacked_file(file, settings, finisher, self._root / "scratch", progress) as image:
                return self._finished(finisher, image, recipe, request, details, progress)
        image = self._pinned(finisher, named, progress)
        details |= {"container_engine": settings.client.version(progress=progress)}
        return self._finished(finisher, image, recipe, request, details, progress, remote=named)

    def _finished(
        self,
        finisher: Finisher,
        image: Unpacked,
        recipe: Recipe,
        key: str,
        details: dict[str, str],
        progress: Progress,
        remote: str = "",
    ) -> ImageRecord:
        record = finisher.finish(
            image, recipe, key=key, repository="", remote=remote, details=details, progress=progress
        )
        root = self._roots.find(record.digest)
        place = image.working_directory
        has_notebooks = root is not None and any(
            name.endswith(".ipynb") for name in Inside(root.path).names(place if place not in ("", "/") else "/nowhere")
        )
        return replace(record, repository=place) if has_notebooks else record

    def _pinned(self, finisher: Finisher, named: str, progress: Progress) -> Unpacked:
        """Return the image by its digest, fetched again where the engine has it no more."""
        client = self._settings.client
        image = client.inspect(named, progress=progress)
        if image is None:
            judge_host(parse_reference(named), self._settings.hosts)
            progress.stage(Stage.DOWNLOAD)
            image = client.pull(named, progress=progress)
        return finisher.unpacked(client, image, progress=progress)

    def _resolved(self, reference: Reference, progress: Progress) -> tuple[str, str]:
        """Return the image's name by digest, and the digest: of its manifest, or its id where no registry has it.

        A name that the operator's engine has under no registry is taken; a registry must be allowed.
        """
        client = self._settings.client
        if reference.host != "localhost":
            judge_host(reference, self._settings.hosts)
            progress.stage(Stage.DOWNLOAD)
            image = client.pull(reference.whole, progress=progress)
        else:
            found = client.inspect(reference.whole, progress=progress)
            if found is None:
                raise BuildError("image-not-found", image=reference.whole)
            image = found
        digest = reference.digest or next(iter(image.digests_of(reference.name)), "")
        if digest:
            return reference.pinned(digest).whole, digest
        return image.id, image.id


def _given(recipe: Recipe) -> Extra:
    found = next((extra for extra in recipe.wishes(*_WISHES) if extra.values), None)
    if found is None:
        raise BuildError("image-forbidden", image="nothing", reason="the recipe names no image")
    return found


def _digest(recipe: Recipe, digest: str) -> str:
    minor = ".".join(recipe.python.split(".")[:2])
    return hashlib.sha256(repr((ENGINE_VERSION, digest, recipe.language, minor)).encode()).hexdigest()
