"""Files in which a repository describes itself: CITATION.cff, codemeta.json, codecheck.yml, ro-crate-metadata.json."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from catalog.sources import citation_cff, codecheck, codemeta, ro_crate, tolerant
from catalog.sources.asking import Asking, SourceFailed, check_status
from catalog.sources.facts import DatasetFacts, Found, RepositoryFacts
from catalog.sources.reference import Reference
from catalog.sources.safe_yaml import ManifestError, parse_mapping

FILE_NAMES: Final = (
    citation_cff.FILE_NAME,
    codemeta.FILE_NAME,
    *codecheck.FILE_NAMES,
    ro_crate.FILE_NAME,
)


class ManifestFiles:
    """One of these files, given by its own address."""

    name = "a file of a repository"
    is_git_host = False

    def detect(self, reference: Reference) -> str:
        """Return the address when its last part is the name of such a file; not of a page that only shows one."""
        is_file = bool(reference.segments) and reference.segments[-1] in FILE_NAMES
        return reference.url if is_file and "blob" not in reference.segments else ""

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return what the file says."""
        answer = asking.get(place, "*/*")
        check_status(answer, reference.text)
        return (read_manifest(reference.segments[-1], answer.body, repository=""),)


def read_manifest(name: str, data: bytes, *, repository: str) -> Found:
    """Return what the file `name` of the repository at that address says, under its name as the source.

    Raises CausedError: recipe-unreadable (ManifestError), metadata-unreachable when it says nothing.
    """
    reader = _READERS[name]
    return reader(name, data, repository)


def _read_citation(name: str, data: bytes, repository: str) -> Found:
    mapping = parse_mapping(data, name)
    said = citation_cff.citation_of(mapping)
    url = repository or tolerant.web_address(mapping.get("repository-code"))
    facts = RepositoryFacts(
        url=url,
        name=said.title,
        description=said.abstract,
        licence=said.licence,
        creators=said.creators,
        subjects=said.keywords,
        doi=said.doi,
        paper_doi=said.paper_doi,
        paper_title=said.paper_title,
    )
    return Found(name, repositories=(facts,))


def _read_codecheck(name: str, data: bytes, repository: str) -> Found:
    mapping = parse_mapping(data, name)
    said = codecheck.manifest_of(mapping)
    url = repository or tolerant.web_address(mapping.get("repository"))
    certificate = (f"CODECHECK certificate {said.certificate}.",) if said.certificate else ()
    facts = RepositoryFacts(url=url, paper_doi=said.paper_doi, paper_title=said.paper_title, notes=certificate)
    return Found(name, repositories=(facts,))


def _read_codemeta(name: str, data: bytes, repository: str) -> Found:
    said = codemeta.codemeta_of(_json(name, data))
    facts = RepositoryFacts(
        url=repository or said.repository,
        name=said.name,
        description=said.description,
        licence=said.licence,
        version=said.version,
        creators=said.creators,
        subjects=said.keywords,
        funders=said.funders,
        doi=said.doi,
        paper_doi=said.paper_doi,
        paper_title=said.paper_title,
        related=said.related,
    )
    return Found(name, repositories=(facts,))


def _read_crate(name: str, data: bytes, repository: str) -> Found:
    crate = ro_crate.crate_of(_json(name, data))
    if crate is None:
        raise SourceFailed("metadata-unreachable", doi=name, reason="its root entity has no name")
    if not repository:
        return Found(name, datasets=(crate,))
    return Found(name, repositories=(_as_repository(crate, repository),))


def _as_repository(crate: DatasetFacts, repository: str) -> RepositoryFacts:
    papers = [one.identifier for one in crate.related if one.relation == "IsSupplementTo"]
    dois = [one for one in papers if one.startswith("10.")]
    return RepositoryFacts(
        url=repository,
        name=crate.title,
        description=crate.description,
        licence=crate.licence,
        creators=crate.creators,
        subjects=crate.subjects,
        doi=crate.doi,
        # Of several citations nothing tells which is the paper of the crate.
        paper_doi=dois[0] if len(dois) == 1 else "",
        related=crate.related,
    )


def _json(name: str, data: bytes) -> dict[str, object]:
    found = tolerant.parse_object(data)
    if found is None:
        raise ManifestError("recipe-unreadable", file=name, reason="it is no JSON object")
    return found


_READERS: Final[dict[str, Callable[[str, bytes, str], Found]]] = {
    citation_cff.FILE_NAME: _read_citation,
    codemeta.FILE_NAME: _read_codemeta,
    ro_crate.FILE_NAME: _read_crate,
    **dict.fromkeys(codecheck.FILE_NAMES, _read_codecheck),
}
