"""The engine given: an environment of the facility is used where it lies. Nothing is built or changed."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from builder.engines.companion import make_companion
from builder.engines.exclusive import exclusively
from builder.engines.fonts import FontSet, keep_fonts
from builder.engines.given.departures import departures
from builder.engines.given.kernel import GivenKernel, find_given_kernel, shown_for
from builder.engines.given.listing import Listing, PrefixUnusableError, read_listing
from builder.engines.given.modules import GivenModules, load_modules
from builder.engines.leases import mark_used
from builder.engines.local import DiskWatch
from builder.engines.lockfile import make_lock, reprise_table
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import BuiltEnvironment, Lock
from builder.engines.verifying import verify_kernel
from builder.errors import BuildError
from builder.recipe.model import Extra, Recipe, Wish

# Part of every key: raise it when the same prefix gives another environment.
ENGINE_VERSION: Final = "given/1"
_RECORD: Final = "record.json"


def in_given(recipe: Recipe, name: str, *, asked_by: str) -> Recipe:
    """Return the recipe with the wish for the given environment `name`, in place of what an engine would install."""
    wish = Extra(Wish.GIVEN, asked_by, (name,), f"The given environment {name} is not used.")
    # What was approximated to be installable is not installed.
    return replace(recipe, approximations=(), extras=(wish, *recipe.extras))


@dataclass(frozen=True, slots=True)
class _Given:
    """A given environment as it is now."""

    name: str
    prefix: Path
    listing: Listing
    variables: tuple[tuple[str, str], ...] = ()
    modules: tuple[str, ...] = ()
    roots: tuple[Path, ...] = ()

    @property
    def digest(self) -> str:
        """The digest of what it holds, and of the modules that bring it with what they set."""
        if not self.modules:
            return self.listing.digest
        return hashlib.sha256(repr((self.listing.digest, self.modules, self.variables)).encode()).hexdigest()


class GivenEngine:
    """Engine on what the operator names: prefixes, and modules that bring one.

    `root` is where what was found out of them is kept.
    """

    name = "given"

    def __init__(self, root: Path, places: Mapping[str, Path | GivenModules], *, is_sandboxed: bool = True) -> None:
        self._root = root.resolve()
        self._places = places
        self._is_sandboxed = is_sandboxed
        self._seen: dict[str, _Given] = {}

    def resolve(self, recipe: Recipe, *, progress: Progress) -> Lock:
        """Return a lock that names the environment, its packages and the digest of their list.

        Raises BuildError given-unknown, given-unusable.
        """
        given = self._look(_name_of(recipe))
        listing = given.listing
        progress.log(f"{given.name} holds {len(listing.packages)} Python packages and {len(listing.conda)} of conda.")
        remarks = departures(recipe, listing, given.name)
        lines = ['lock-version = "1.0"', 'created-by = "reprise"', *([] if listing.packages else ["packages = []"])]
        for package in listing.packages:
            lines += ["[[packages]]", f"name = {_quoted(package.name)}", f"version = {_quoted(package.version)}"]
        table = {"engine": ENGINE_VERSION, "given": given.name, "digest": given.digest}
        lines += ["[tool.reprise]", *(f"{name} = {_quoted(value)}" for name, value in table.items())]
        lines += [f"modules = {json.dumps(list(given.modules))}"]
        lines += [f"conda-packages = {json.dumps([str(package) for package in listing.conda])}"]
        python = listing.python.version if listing.python else recipe.python
        return make_lock("\n".join(lines), python_version=python, as_of=recipe.as_of, approximations=remarks)

    def build(self, recipe: Recipe, lock: Lock, *, source: Path, progress: Progress) -> BuiltEnvironment:  # noqa: ARG002 - it serves every snapshot
        """Return the environment of the lock, after its kernel was seen to start once. Raises BuildError.

        given-changed tells that it is no longer what the lock says.
        """
        started = time.monotonic()
        given = self._as_locked(lock)
        try:
            kernel = _with_modules(given, find_given_kernel(given.prefix, language=recipe.language))
            shown = (*shown_for(given.prefix, given.prefix.resolve()), *given.roots)
        except (PrefixUnusableError, OSError) as error:
            raise _unusable(given, error) from error
        key = _key(given, recipe.language)
        place = self._root / "given" / key
        found = self._record(place, kernel, shown)
        is_reused = found is not None
        if found is None:
            with DiskWatch(self._root), exclusively(self._root / "given" / f".{key}.lock"):
                found = self._record(place, kernel, shown)
                is_reused = found is not None
                if found is None:
                    found = self._verified(given, kernel, shown, progress)
                    _keep(place, found)
        fonts = self._fonts(found)
        mark_used(place)
        progress.log(f"The environment {key[:12]} is {'reused' if is_reused else 'ready'}: {given.name}, as it is.")
        return BuiltEnvironment(
            engine=self.name,
            key=key,
            prefix=given.prefix,
            python_version=given.listing.python.version if given.listing.python else "",
            language=recipe.language,
            kernel_argv=kernel.argv,
            readonly_paths=(*shown, fonts.path),
            lock=lock,
            recipe_files=recipe.files,
            is_reused=is_reused,
            build_s=time.monotonic() - started,
            mounts=fonts.mounts(),
            variables=kernel.variables,
            details={
                "engine": ENGINE_VERSION,
                "given": given.name,
                "digest": given.digest,
                "modules": list(given.modules),
                "conda_packages": [str(package) for package in given.listing.conda],
            },
            companion=found["companion"],
            kept_at=place,
        )

    def check(self, lock: Lock) -> None:
        """Look at the environment of the lock anew. Raises BuildError given-changed, and those of `resolve`."""
        self._seen.clear()
        self._as_locked(lock)

    def _as_locked(self, lock: Lock) -> _Given:
        table = reprise_table(lock)
        given = self._look(str(table.get("given", "")))
        if given.digest != table.get("digest"):
            raise BuildError("given-changed", name=given.name)
        return given

    def _look(self, name: str) -> _Given:
        """Return the environment as it is now, read once by this engine."""
        if name not in self._seen:
            place = self._places.get(name)
            if place is None:
                known = ", ".join(sorted(self._places)) or "none"
                raise BuildError("given-unknown", name=name, known=known)
            try:
                self._seen[name] = _given(name, place)
            except PrefixUnusableError as error:
                raise BuildError("given-unusable", name=name, reason=error) from error
        return self._seen[name]

    def _record(self, place: Path, kernel: GivenKernel, shown: tuple[Path, ...]) -> dict[str, Any] | None:
        """Return what was found out of the environment, None where it was not or would be started in another way."""
        try:
            kept = json.loads((place / _RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        wanted = _started_as(kernel, shown)
        is_same = isinstance(kept, dict) and all(kept.get(name) == value for name, value in wanted.items())
        is_whole = is_same and isinstance(kept.get("companion"), dict)
        return kept if is_whole and (self._fonts(kept).path / "fonts.conf").is_file() else None

    def _fonts(self, kept: Mapping[str, Any]) -> FontSet:
        """Return the fonts that were kept with the environment: a later change of this machine's changes no figure."""
        digest = str(kept.get("fonts", ""))
        return FontSet(self._root / "fonts" / digest, digest, 0, 0)

    def _verified(
        self, given: _Given, kernel: GivenKernel, shown: tuple[Path, ...], progress: Progress
    ) -> dict[str, Any]:
        """Start the kernel as a run would and return what it says of itself."""
        progress.stage(Stage.VERIFY)
        fonts = keep_fonts(self._root / "fonts")
        try:
            facts = verify_kernel(
                kernel.argv,
                readonly_paths=(*shown, fonts.path),
                mounts=fonts.mounts(),
                variables=kernel.variables,
                scratch=self._root / "scratch",
                is_sandboxed=self._is_sandboxed,
                progress=progress,
            )
        except BuildError as error:
            if error.kind_id != "kernel-broken":
                raise
            raise _unusable(given, f"its kernel does not start: {error.data['reason']}") from error
        progress.log(f"The kernel of {given.name} starts: {facts.language} {facts.language_version}.")
        companion = make_companion(facts, fonts=fonts.as_dict())
        return {**_started_as(kernel, shown), "fonts": fonts.digest, "companion": companion}


def _name_of(recipe: Recipe) -> str:
    wish = next((extra for extra in recipe.wishes(Wish.GIVEN) if extra.values), None)
    return wish.values[0] if wish is not None else ""


def _given(name: str, place: Path | GivenModules) -> _Given:
    """Look at the environment. Raises PrefixUnusableError."""
    if isinstance(place, Path):
        return _Given(name, place, read_listing(place))
    loaded = load_modules(place)
    libraries = tuple(Path(path) for path in loaded.variables.get("PYTHONPATH", "").split(":") if path.startswith("/"))
    listing = read_listing(loaded.prefix, libraries)
    roots = tuple(root for root in place.roots if root.is_dir())
    return _Given(name, loaded.prefix, listing, tuple(loaded.variables.items()), loaded.names, roots)


def _with_modules(given: _Given, kernel: GivenKernel) -> GivenKernel:
    """Return the kernel with what the modules set; the programs of its own prefix stay the first to be found."""
    variables = {**dict(given.variables), **dict(kernel.variables)}
    if "PATH" in variables:
        variables["PATH"] = f"{given.prefix}/bin:{variables['PATH']}:/usr/local/bin:/usr/bin:/bin"
    return replace(kernel, variables=tuple(variables.items()))


def _key(given: _Given, language: str) -> str:
    return hashlib.sha256(repr((ENGINE_VERSION, given.name, given.digest, language)).encode()).hexdigest()


def _unusable(given: _Given, reason: object) -> BuildError:
    """The operator's, in words that are shown to everybody and so name the environment in place of its path."""
    return BuildError("given-unusable", name=given.name, reason=str(reason).replace(str(given.prefix), given.name))


def _started_as(kernel: GivenKernel, shown: tuple[Path, ...]) -> dict[str, Any]:
    return {
        "argv": list(kernel.argv),
        "variables": [list(pair) for pair in kernel.variables],
        "shown": [str(path) for path in shown],
    }


def _keep(place: Path, found: Mapping[str, Any]) -> None:
    """Write the record; what reads it sees it whole or not at all."""
    place.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".making-", dir=place)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(found, file, sort_keys=True)
    Path(name).replace(place / _RECORD)


def _quoted(text: str) -> str:
    return json.dumps(text)
