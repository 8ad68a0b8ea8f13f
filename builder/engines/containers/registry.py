"""Share built images between machines: push under the environment's key, pull by digest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from builder.engines.containers.client import ContainerClient, Image
from builder.engines.containers.references import parse_reference
from builder.engines.progress import Progress
from builder.errors import BuildError

KEY_LABEL: Final = "org.reprise.key"
_ABSENT: Final = frozenset({"image-not-found", "registry-unreachable"})
_KEY: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ImageRegistry:
    """The registry below `prefix` ("registry.example.org/reprise"); with an empty prefix there is none."""

    client: ContainerClient
    prefix: str

    def push(self, image: Image, key: str, *, progress: Progress) -> str:
        """Send the image there; return its name by digest, empty where there is no registry or it does not answer.

        An environment that was built is not lost because it cannot be shared.
        """
        if not self.prefix:
            return ""
        name = self._name(key)
        self.client.tag(image.id, name, progress=progress)
        try:
            self.client.push(name, progress=progress)
        except BuildError as error:
            if error.kind_id not in _ABSENT:
                raise
            progress.log(f"The image is not pushed: {error.cause.message}")
            return ""
        pushed = self.client.inspect(name, progress=progress)
        repository = parse_reference(name)
        digest = next(iter(pushed.digests_of(repository.name)), "") if pushed else ""
        progress.log(f"The image is pushed to {repository.name}@{digest}.")
        return f"{repository.name}@{digest}" if digest else ""

    def pull(self, key: str, *, remote: str = "", progress: Progress) -> Image | None:
        """Return the image of the key from there, by digest where one is known; None when it is not there.

        Without a known digest, what is pulled must say itself that it was built for this key.
        """
        if not self.prefix:
            return None
        name = remote or self._name(key)
        try:
            image = self.client.pull(name, progress=progress)
        except BuildError as error:
            if error.kind_id not in _ABSENT:
                raise
            return None
        if not remote and image.labels.get(KEY_LABEL) != key:
            progress.log(f"{name} was not built for this environment and is not used.")
            return None
        progress.log(f"The image comes from {name}.")
        return image

    def _name(self, key: str) -> str:
        if not _KEY.fullmatch(key):
            raise BuildError("internal-error", reason="a key is 64 hexadecimal digits")
        return parse_reference(f"{self.prefix.rstrip('/')}/environment:{key}").whole
