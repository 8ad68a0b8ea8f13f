"""Ask the host of a git repository what it says of it, and read the files in which the repository describes itself.

Formats: GitHub https://docs.github.com/rest/repos, GitLab https://docs.gitlab.com/api/projects/, Gitea and Forgejo
(Codeberg) https://docs.gitea.com/api/. No account is used, so only what is public is seen.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import quote, urlsplit

from catalog.addresses import OutboundError
from catalog.causes import CausedError
from catalog.sources import tolerant
from catalog.sources.asking import Asking, SourceFailed, check_status
from catalog.sources.facts import Found, RepositoryFacts
from catalog.sources.licences import licence_name
from catalog.sources.manifests import FILE_NAMES, read_manifest
from catalog.sources.reference import Reference
from catalog.sources.safe_yaml import SIZE_LIMIT_BYTES
from catalog.sources.source import Endpoints

HostKind = Literal["github", "gitlab", "gitea"]
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_GITHUB_HOSTS: Final = frozenset({"github.com", "www.github.com"})
# Behind the repository in the address of a page that shows it at a ref.
_REF_PAGES: Final = frozenset({"tree", "blob", "commit", "commits", "tags", "src", "raw"})
_TITLES: Final[dict[HostKind, str]] = {"github": "GitHub", "gitlab": "GitLab", "gitea": "Gitea"}


@dataclass(frozen=True, slots=True)
class Place:
    """A repository at a host: `url` is what git fetches, `path` its name there, `ref` what the address shows."""

    kind: HostKind
    api: str
    url: str
    path: str
    ref: str = ""


class GitHosts:
    """GitHub, every GitLab and every Gitea that is named or whose host says so."""

    name = "the git host"
    is_git_host = True

    def __init__(self, endpoints: Endpoints) -> None:
        self._github = endpoints.github.rstrip("/")
        self._gitlab = {urlsplit(one).netloc.lower(): one.rstrip("/") for one in endpoints.gitlab}
        self._gitea = {urlsplit(one).netloc.lower(): one.rstrip("/") for one in endpoints.gitea}

    def detect(self, reference: Reference) -> str:
        """Return the address to clone, where the reference is a repository, or a page of one, at a known host."""
        place = self.place_of(reference)
        return f"{place.url}@{place.ref}" if place and place.ref else place.url if place else ""

    def place_of(self, reference: Reference) -> Place | None:
        """Return which repository the reference shows, or None."""
        host, segments = reference.host, reference.segments
        if not reference.url or not all(_NAME.fullmatch(one) for one in segments[:2]) or len(segments) < 2:
            return None
        if host in _GITHUB_HOSTS:
            name, ref = segments[1].removesuffix(".git"), _ref_of(segments[2:])
            return Place(
                "github", self._github, f"https://github.com/{segments[0]}/{name}", f"{segments[0]}/{name}", ref
            )
        base = f"{urlsplit(reference.url).scheme}://{host}"
        if host in self._gitlab or host.startswith("gitlab."):
            return _on_gitlab(self._gitlab.get(host, base), segments)
        if host in self._gitea or host == "codeberg.org":
            root = self._gitea.get(host, base)
            name = segments[1].removesuffix(".git")
            return Place("gitea", root, f"{root}/{segments[0]}/{name}", f"{segments[0]}/{name}", _ref_of(segments[2:]))
        return None

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return what the host says, and what each of the repository's own files says."""
        del place
        at = self.place_of(reference)
        if at is None:
            return ()
        described = tolerant.mapping(asking.json(_api_address(at), about=reference.text))
        general = read_repository(at, described)
        ref = at.ref or tolerant.line(described.get("default_branch"), 200)
        files, note = self._files(at, ref, described, asking)
        notes = (*general.notes, note) if note else general.notes
        told = [Found(_TITLES[at.kind], repositories=(_noted(general, notes),))]
        return (*files, *told)

    def _files(self, at: Place, ref: str, described: dict[str, object], asking: Asking) -> tuple[list[Found], str]:
        """Return what the files at the root say; only such are asked for that the listing names."""
        try:
            listing = asking.json(_listing_address(at, ref, described), about=at.path)
        except (SourceFailed, OutboundError):
            return [], "The host did not list the files of the repository."
        names = [tolerant.line(tolerant.mapping(one).get("name")) for one in tolerant.entries(listing, 2000)]
        found: list[Found] = []
        failed: list[str] = []
        for name in [one for one in FILE_NAMES if one in names]:
            try:
                answer = asking.get(_raw_address(at, ref, name, described), "*/*")
                check_status(answer, name)
                found.append(read_manifest(name, _content(at, answer.body)[: SIZE_LIMIT_BYTES + 1], repository=at.url))
            except CausedError as error:
                failed.append(f"{name}: {error.cause.message}")
        return found, " ".join(failed)


def _on_gitlab(root: str, segments: Sequence[str]) -> Place | None:
    """Read an address at a GitLab, where groups nest and pages begin with a hyphen."""
    parts = list(segments[: segments.index("-")] if "-" in segments else segments)
    behind = list(segments[segments.index("-") + 1 :]) if "-" in segments else []
    if len(parts) < 2 or len(parts) > 20 or not all(_NAME.fullmatch(one) for one in parts):
        return None
    path = "/".join(parts).removesuffix(".git")
    return Place("gitlab", root, f"{root}/{path}", path, _ref_of(behind))


def _ref_of(behind: Sequence[str]) -> str:
    """Return the branch, tag or commit that a page shows. Of a branch with a slash only the first part is read."""
    if len(behind) >= 3 and tuple(behind[:2]) == ("releases", "tag"):
        return behind[2][:200]
    if len(behind) >= 3 and behind[0] == "src" and behind[1] in {"branch", "tag", "commit"}:
        return behind[2][:200]
    return behind[1][:200] if len(behind) >= 2 and behind[0] in _REF_PAGES else ""


def _api_address(at: Place) -> str:
    if at.kind == "gitlab":
        return f"{at.api}/api/v4/projects/{quote(at.path, safe='')}?license=true"
    return f"{at.api}/api/v1/repos/{at.path}" if at.kind == "gitea" else f"{at.api}/repos/{at.path}"


def _listing_address(at: Place, ref: str, described: dict[str, object]) -> str:
    if at.kind == "gitlab":
        return (
            f"{at.api}/api/v4/projects/{_number(at, described)}/repository/tree?per_page=100&ref={quote(ref, safe='')}"
        )
    return f"{_api_address(at)}/contents?ref={quote(ref, safe='')}"


def _raw_address(at: Place, ref: str, name: str, described: dict[str, object]) -> str:
    if at.kind == "gitlab":
        number = _number(at, described)
        return (
            f"{at.api}/api/v4/projects/{number}/repository/files/{quote(name, safe='')}/raw?ref={quote(ref, safe='')}"
        )
    if at.kind == "gitea":
        return f"{_api_address(at)}/raw/{quote(name)}?ref={quote(ref, safe='')}"
    return f"{_api_address(at)}/contents/{quote(name)}?ref={quote(ref, safe='')}"


def _number(at: Place, described: dict[str, object]) -> str:
    number = described.get("id")
    return str(number) if isinstance(number, int) else quote(at.path, safe="")


def _content(at: Place, body: bytes) -> bytes:
    """Take a file out of the answer of GitHub, which packs it into JSON unless another type is asked for."""
    if at.kind != "github":
        return body
    said = tolerant.parse_object(body) or {}
    packed = said.get("content")
    if said.get("encoding") != "base64" or not isinstance(packed, str):
        return body
    try:
        return base64.b64decode(packed, validate=False)
    except ValueError:
        return b""


def read_repository(at: Place, described: dict[str, object]) -> RepositoryFacts:
    """Return what the host itself says of the repository."""
    licence = tolerant.mapping(described.get("license"))
    named = licence.get("spdx_id") if at.kind != "gitlab" else licence.get("key")
    is_moved = at.kind == "github" and tolerant.line(described.get("full_name")).lower() not in {"", at.path.lower()}
    notes = []
    if described.get("archived") is True:
        notes.append("Its owner has archived the repository: nothing is changed there any more.")
    if is_moved:
        notes.append(f"The repository is now called {tolerant.line(described.get('full_name'))}.")
    # Gitea gives a list of licences, of which several are not told apart from alternatives.
    several = tolerant.entries(described.get("licenses"), 5)
    return RepositoryFacts(
        url=at.url,
        ref=at.ref,
        name=tolerant.line(described.get("name"), tolerant.MAX_TITLE),
        description=tolerant.prose(described.get("description"), 2000),
        licence=(licence_name(named) or (licence_name(several[0]) if len(several) == 1 else ""))[:200],
        subjects=tolerant.keywords(described.get("topics")),
        notes=tuple(notes),
    )


def _noted(facts: RepositoryFacts, notes: tuple[str, ...]) -> RepositoryFacts:
    return replace(facts, notes=notes)
