"""Where else a notebook can be opened: addresses of BinderHubs, JupyterHubs and analysis platforms, by template. Pure.

A template is an address with names in braces. In the query each name stands for one value and is percent-encoded
whole; a part of the query whose name has no value is left out. In the path a value keeps its slashes only for `binder`.
The forms of the addresses are those of BinderHub (https://binderhub.readthedocs.io, "repoproviders") and of nbgitpuller
(https://nbgitpuller.readthedocs.io, "url-options").
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from catalog.errors import CatalogError

LONGEST_TEMPLATE: Final = 1000
NAMES: Final[dict[str, str]] = {
    "binder": "what a BinderHub opens: gh/owner/name/commit, gl/… or git/…",
    "repository": "the address of the repository",
    "ref": "the branch or tag that was registered; nothing where there is none",
    "commit": "the commit that was last fetched",
    "notebook": "the notebook's path in the repository",
    "lab": "the address of the notebook within JupyterLab, as nbgitpuller wants it: lab/tree/<folder>/<path>",
    "folder": "the last part of the repository's address, where nbgitpuller puts it",
    "doi": "the DOI of the publication",
    "dataset": "the DOI of the first dataset of the target, or of the publication",
}
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%{}-]+")
_GITHUB: Final = re.compile(r"/([A-Za-z0-9-]+)/([A-Za-z0-9._-]+?)(?:\.git)?/?")
_GITLAB: Final = re.compile(r"/([A-Za-z0-9._/-]+?)(?:\.git)?/?")


@dataclass(frozen=True, slots=True)
class Place:
    """What shall be opened. `repository` is an https address; texts are empty where there is nothing to say."""

    repository: str
    commit: str
    notebook: str
    ref: str = ""
    doi: str = ""
    dataset: str = ""

    @property
    def folder(self) -> str:
        return self.repository.rstrip("/").rpartition("/")[2].removesuffix(".git")

    @property
    def binder(self) -> str:
        """The part of a BinderHub's address that names it, each segment encoded; empty without a commit."""
        parts = urlsplit(self.repository)
        if not self.commit:
            return ""
        if parts.hostname == "github.com" and (match := _GITHUB.fullmatch(parts.path)):
            return f"gh/{match[1]}/{match[2]}/{self.commit}"
        if parts.hostname == "gitlab.com" and (match := _GITLAB.fullmatch(parts.path)):
            return f"gl/{quote(match[1], safe='')}/{self.commit}"
        return f"git/{quote(self.repository, safe='')}/{self.commit}"

    def value(self, name: str) -> str:
        """Return what `name` of NAMES stands for, as it is."""
        if name == "lab":
            return f"lab/tree/{self.folder}/{self.notebook}"
        found: str = getattr(self, name)
        return found


def check_template(template: str) -> str:
    """Return the template as it is kept. Raises CatalogError launch-template with the reason of a refusal."""
    text = template.strip()
    parts = urlsplit(text)
    unknown = sorted(set(_BRACES.findall(text)) - NAMES.keys())
    rest = _BRACES.sub("", text)
    reason = ""
    if len(text) > LONGEST_TEMPLATE:
        reason = f"it is longer than {LONGEST_TEMPLATE} signs"
    elif not _ADDRESS.fullmatch(text) or "{" in rest or "}" in rest:
        reason = "it holds signs that no address holds, or a brace alone"
    elif parts.scheme != "https" or not parts.hostname or "{" in parts.netloc or "@" in parts.netloc:
        reason = "it does not begin with https:// and a host"
    elif unknown:
        reason = f"it has {{{unknown[0]}}}; known are {', '.join(NAMES)}"
    elif not _BRACES.search(text):
        reason = "it names nothing in braces, so it would open the same for every notebook"
    if reason:
        raise CatalogError("launch-template", reason=reason)
    return text


def launch_url(template: str, place: Place) -> str | None:
    """Return the address that opens `place`; None where its path needs something that the place does not have."""
    head, mark, query = template.partition("?")
    path = _filled(head, place)
    if path is None:
        return None
    parts = [filled for part in query.split("&") if (filled := _filled(part, place)) is not None]
    return path + (mark + "&".join(parts) if parts else "")


def _filled(text: str, place: Place) -> str | None:
    values = {name: place.value(name) for name in _BRACES.findall(text)}
    if not all(values.values()):
        return None
    return _BRACES.sub(lambda match: _encoded(match[1], values[match[1]]), text)


def _encoded(name: str, value: str) -> str:
    return value if name == "binder" else quote(value, safe="")


def local_commands(place: Place, *, python: str, lock_url: str) -> tuple[str, ...]:
    """Return the commands that open the notebook in JupyterLab on one's own machine, with git and uv.

    `lock_url` is where the exact packages stand as requirements, empty where none are known. JupyterLab runs in an
    environment of its own, so that it changes none of these packages.
    """
    folder = place.folder or "repository"
    packages = ["ipykernel", *(["-r", lock_url] if lock_url else [])]
    return (
        shlex.join(["git", "clone", place.repository, folder]),
        shlex.join(["cd", folder]),
        *((shlex.join(["git", "checkout", place.commit]),) if place.commit else ()),
        shlex.join(["uv", "venv", *(["--python", python] if python else [])]),
        shlex.join(["uv", "pip", "install", *packages]),
        "uv run --no-project python -m ipykernel install --prefix .venv --name figure",
        shlex.join(["env", "JUPYTER_PATH=.venv/share/jupyter", "uvx", "--from", "jupyterlab", "jupyter-lab"])
        + f" {shlex.quote(f'./{place.notebook}')}",
    )
