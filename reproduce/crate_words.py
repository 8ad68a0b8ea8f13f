"""What a crate says in words: its files, its verdicts, its licences. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from reproduce.crate import CrateFile, CrateRun
from reproduce.network_words import network_words
from reproduce.verdicts import MEANINGS

APPLICATION: Final = "https://github.com/reprise-science/reprise"
JUPYTER: Final = "https://w3id.org/workflowhub/workflow-ro-crate#jupyter"
TERMS: Final = "https://w3id.org/ro/terms/workflow-run/context"
PROFILES: Final = (
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
)
WORKFLOW_PROFILE: Final = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
PARAMETER_PROFILE: Final = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
_FILES: Final = {
    "README.md": "What this crate is.",
    "published.ipynb": "The notebook as it was found, with its published outputs.",
    "executed.ipynb": "The notebook as it ran, with its new outputs.",
    "kernel.log": "What the kernel wrote beside its outputs.",
    "events.jsonl": "What happened when, one event a line.",
    "verdict.json": "The statement of the verdict, for programs.",
    "reproduction.json": "The statement about all notebooks, for programs.",
    "report.html": "The report, for people.",
    "report.pdf": "The report as a PDF.",
    "certificate.json": "The signed certificate.",
    "pylock.toml": "Every package of the environment, with version and hashes (PEP 751).",
    "requirements.txt": "The same for pip.",
    "companion.json": "System facts that change figures.",
    "build.log": "What was said while the environment was made.",
    "scheduler.json": "What the batch system has on record of the run.",
    "modules.json": "What the loaded modules set.",
}
_MEDIA_TYPE: Final = re.compile(r"\w+/\w[\w.-]*(\+\w[\w.-]*)?")
_IMAGE: Final = re.compile(
    r"(?P<registry>[\w-]+(?:\.[\w-]+)+(?::\d+)?)/(?P<name>[\w./-]+?)(?::(?P<tag>[\w.-]+))?(?:@sha256:[0-9a-f]{64})?"
)
_PICTURES: Final = {
    "-published.": "A picture as it was published.",
    "-fresh.": "The same picture as it came out of the run.",
    "-rerun.": "The same picture as it came out of the run.",
    "-difference.": "A map of where the two pictures differ.",
}


def file_facts(file: CrateFile, made_at: datetime) -> dict[str, str]:
    """Return the properties that every file has: name, kind, size and digest, and what it is where that is known."""
    words = file_words(PurePosixPath(file.name).name)
    return {
        "name": file.name,
        "encodingFormat": file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream",
        "contentSize": str(file.size_bytes),
        "sha256": file.sha256,
        "sdDatePublished": moment_text(made_at),
        **({"description": words} if words else {}),
    }


def file_words(name: str) -> str:
    """Return what a file of the evidence is, by its name; empty for one that the notebook named."""
    is_picture = name.startswith(("cell-", "file-"))
    return _FILES.get(name) or next((words for part, words in _PICTURES.items() if is_picture and part in name), "")


def licence_words(licence: str) -> str:
    """Return what can be said of the terms; `licence` is what the publication states, empty where it does not."""
    stated = f"The publication states: {licence}." if licence else "None are stated here."
    return f"The notebook, and what it wrote, are under the terms of their authors. {stated}"


def run_words(run: CrateRun) -> str:
    """Return how far a run came, and what it fetched."""
    network = network_words(run.network, is_open=False)
    said = "ran from its first to its last cell" if run.is_completed else "was to be run and did not run to its end"
    return f"The notebook {said}.{f' {network.summary}' if network else ''}"


def data_words(mount: Mapping[str, Any]) -> str:
    """Return how a dataset was shown to a notebook and checked, as a run's result says it."""
    checked = ", ".join(f"{how} {count}" for how, count in mount["checked"].items() if count) or "nothing"
    return (
        f"A dataset, shown read-only at {mount['at']}: {mount['files']} files, {mount['bytes']} bytes, checked by "
        f"{checked}. SHA-256 of the list of its files: {mount['manifest_sha256']}."
    )


def verdict_sentence(notebook: str, verdict: str | None, message: str | None) -> str:
    """Return what came of a notebook: its verdict, what that means, and why where it is not good."""
    said = MEANINGS[verdict] if verdict else "Nothing is proven."
    return f"{notebook}: {verdict or 'no verdict'}. {said}{f' {message}' if message else ''}"


def derived_sentence(notebook: str, values: str, dataset: str, message: str | None) -> str:
    """Return what came of a notebook that was run with other values (in words) or on other data (a DOI)."""
    where = " and ".join(
        filter(None, (f"with {values}" if values else "", f"on the data {dataset}" if dataset else ""))
    )
    said = message or "The notebook ran to its end."
    return f"{notebook}: a derived analysis, {where}. {said} It has no verdict, and says nothing of what was published."


def readme_text(title: str, sentences: list[str]) -> str:
    """Return the README of a crate: what it is, and what it says."""
    lines = "".join(f"- {' '.join(sentence.split())}\n" for sentence in sentences)
    return (
        f"# {' '.join(title.split())}\n\n"
        "Notebooks run again by Reprise, with what its comparison with their published outputs says:\n\n"
        f"{lines}\n"
        "`ro-crate-metadata.json` describes each file with its SHA-256 digest (RO-Crate 1.1, Workflow Run Crate 0.5).\n"
        "A verdict says whether stored outputs came out again, and nothing of whether the work is right.\n"
    )


def address_of(source: str) -> str:
    """Return a source as an address: a git address without the ref that was asked for, a directory as a file's."""
    if source.startswith("/"):
        return PurePosixPath(source).as_uri()
    scheme, is_address, rest = source.partition("://")
    if not is_address:
        return f"https://doi.org/{source}" if source.startswith("10.") else source
    host, _, path = rest.partition("/")
    return f"{scheme}://{host}/{path.partition('@')[0]}"


def is_lock(name: str) -> bool:
    """Tell whether the file says what the notebook ran in."""
    return PurePosixPath(name).name in ("pylock.toml", "requirements.txt", "companion.json")


def image_parts(reference: str, digest: str) -> dict[str, str] | None:
    """Return registry, name, tag and sha256 of an image that a registry has; None for any other, or without digest."""
    found = _IMAGE.fullmatch(reference)
    if found is None or not digest.startswith("sha256:"):
        return None
    parts = {name: text for name, text in found.groupdict().items() if text}
    return {**parts, "sha256": digest.removeprefix("sha256:")}


def kind_of(value: object) -> str:
    """Return the kind of a parameter's value in the words of FormalParameter."""
    return {bool: "Boolean", int: "Integer", float: "Float", str: "Text"}.get(type(value), "PropertyValue")


def one_or_many(found: list[Any]) -> Any:  # noqa: ANN401 - JSON-LD
    """Return one value without a list around it, as RO-Crate wants it."""
    return found[0] if len(found) == 1 else found


def moment_text(moment: datetime) -> str:
    """Return the time as Process Run Crate wants it: to the millisecond, with its offset from UTC."""
    return moment.isoformat(timespec="milliseconds")


def moment_of(text: str | None) -> str | None:
    """Return a time that is known as text in the same form."""
    return None if text is None else moment_text(datetime.fromisoformat(text))
