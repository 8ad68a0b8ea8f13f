"""Read foreign JSON without trusting its shape: what is not as documented counts as absent and never raises."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import parse_qs, urlsplit

from catalog.exposure.record import Organisation, Subject
from catalog.identifiers import IdentifierError, panet_iri, parse_doi, parse_orcid, parse_ror
from catalog.sources.facts import Precision, Related, RelatedKind

MAX_TITLE: Final = 1000
MAX_NAME: Final = 300
MAX_ABSTRACT: Final = 20_000
MAX_CREATORS: Final = 6000
MAX_RELATED: Final = 200
MAX_FILES: Final = 10_000
MAX_AFFILIATION: Final = 500
MAX_PATH: Final = 1000
MAX_QUERY_FIELDS: Final = 50
PANET_SCHEME: Final = "http://purl.org/pan-science/PaNET/"

_TAG: Final = re.compile(r"</?[A-Za-z][A-Za-z0-9:._-]{0,40}(?:\s[^<>]{0,2000})?/?>")
_BLOCK_TAG: Final = re.compile(
    r"</?(?:jats:)?(?:p|title|sec|list|list-item|br|div|li|ul|ol|h[1-6])(?:\s[^<>]*)?/?>", re.I
)
_CODE_HOSTS: Final = ("github.com", "gitlab.", "bitbucket.org", "codeberg.org", "archive.softwareheritage.org")
_KINDS: Final[Mapping[str, RelatedKind]] = {
    "dataset": "dataset",
    "collection": "dataset",
    "software": "software",
    "computationalnotebook": "software",
    "workflow": "software",
    "journalarticle": "publication",
    "article": "publication",
    "conferencepaper": "publication",
    "preprint": "publication",
    "text": "publication",
    "book": "publication",
    "bookchapter": "publication",
    "dissertation": "publication",
    "report": "publication",
}


def parse_json(body: bytes) -> object:
    """Return the JSON value in `body`, or None when it holds none that can be read."""
    try:
        # Deep nesting ends in a RecursionError, overlong numbers in a ValueError.
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def parse_object(body: bytes) -> dict[str, object] | None:
    """Return the JSON object in `body`, or None when it holds none that can be read."""
    value = parse_json(body)
    return value if isinstance(value, dict) else None


def mapping(value: object) -> dict[str, object]:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def entries(value: object, limit: int = MAX_RELATED) -> list[object]:
    """Return the first `limit` entries of a list, a single thing as a list of it, nothing as an empty list."""
    if isinstance(value, list):
        return value[:limit]
    return [] if value is None else [value]


def line(value: object, limit: int = MAX_NAME) -> str:
    """Return a text as one plain line of at most `limit` signs; of a list, its first text. Mark-up is taken out."""
    if isinstance(value, list):
        value = next((entry for entry in value[:50] if isinstance(entry, str) and entry.strip()), "")
    if not isinstance(value, str):
        return ""
    return _shortened(" ".join(_plain(value[: limit * 20]).split()), limit)


def prose(value: object, limit: int = MAX_ABSTRACT) -> str:
    """Return a text with its paragraphs, JATS and HTML mark-up taken out, and a heading "Abstract" too."""
    if not isinstance(value, str):
        return ""
    broken = _BLOCK_TAG.sub("\n", value[: limit * 5])
    paragraphs = [" ".join(part.split()) for part in _plain(broken).split("\n")]
    kept = [paragraph for paragraph in paragraphs if paragraph]
    if kept and kept[0].rstrip(".:").lower() == "abstract":
        kept = kept[1:]
    return _shortened("\n\n".join(kept), limit)


def _plain(text: str) -> str:
    without_tags = html.unescape(_TAG.sub("", text))
    # Invisible and direction-changing signs could make a text look like another one.
    return "".join(
        sign if sign in "\n\t" or unicodedata.category(sign)[0] != "C" else " "
        for sign in unicodedata.normalize("NFC", without_tags)
    )


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def web_address(value: object) -> str:
    """Return an http or https address, or "" for anything else."""
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > 1000 or not text.isprintable() or " " in text:
        return ""
    try:
        parts = urlsplit(text)
        has_host = bool(parts.hostname)
    except ValueError:
        return ""
    return text if parts.scheme in {"http", "https"} and has_host else ""


def query_values(url: str, name: str) -> list[str]:
    """Return the values that `name` has in the query of an address; none where the query has very many fields."""
    query = urlsplit(url).query
    return parse_qs(query).get(name, []) if query.count("&") < MAX_QUERY_FIELDS else []


def orcid(value: object) -> str | None:
    """Return a valid ORCID iD, or None: a mistyped one must not credit someone else."""
    try:
        return parse_orcid(value) if isinstance(value, str) else None
    except IdentifierError:
        return None


def partial_date(*parts: object) -> tuple[date, Precision] | None:
    """Return the first day of year, month, day as far as they are given and possible, and how exact it is."""
    numbers: list[int] = []
    for part in parts[:3]:
        number = _number(part)
        if number is None:
            break
        numbers.append(number)
    precisions: tuple[Precision, ...] = ("year", "month", "day")
    for count in range(len(numbers), 0, -1):
        year, month, day = [*numbers[:count], 1, 1][:3]
        try:
            return date(year, month, day), precisions[count - 1]
        except ValueError:
            continue
    return None


def _number(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}", value):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10_000 else None


def iso_date(value: object) -> tuple[date, Precision] | None:
    """Read 2016, 2016-09, 2016-09-19, a time behind it, and of a period (RKMS-ISO8601) its start."""
    match = re.match(r"\s*([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?", str(value)[:40]) if value else None
    return partial_date(*match.groups()) if match else None


def csl_date(value: object) -> tuple[date, Precision] | None:
    """Read {"date-parts": [[2016, 9, 19]]}, the form of Crossref and CSL-JSON."""
    outer = entries(mapping(value).get("date-parts"))
    return partial_date(*entries(outer[0])) if outer else None


def related(relation: str, identifier: object, resource_type: object = "") -> Related | None:
    """Return what is related, or None when `identifier` is neither a DOI nor a web address."""
    text = identifier.strip() if isinstance(identifier, str) else ""
    kind = _KINDS.get(resource_type.lower(), None) if isinstance(resource_type, str) else None
    try:
        bare = parse_doi(text[:2000])
    except IdentifierError:
        address = web_address(text)
        if not address:
            return None
        host = urlsplit(address).hostname or ""
        is_code = any(host == name or (name[-1] == "." and host.startswith(name)) for name in _CODE_HOSTS)
        return Related(relation, address, kind or ("repository" if is_code else "other"))
    return Related(relation, bare, kind or ("supplement" if relation == "IsSupplementedBy" else "other"))


def affiliation(value: object, ror_id: object = "") -> Organisation | None:
    """Return an organisation by its name and, where it is a valid one, its ROR id."""
    name = line(value, MAX_AFFILIATION)
    return Organisation(name, ror(ror_id)) if name else None


def ror(value: object) -> str:
    """Return a valid ROR id as https://ror.org/…, or ""."""
    try:
        return parse_ror(value) if isinstance(value, str) else ""
    except IdentifierError:
        return ""


def doi(value: object) -> str:
    """Return the DOI in any of its written forms bare and in lower case, or ""."""
    try:
        return parse_doi(value[:2000]) if isinstance(value, str) else ""
    except IdentifierError:
        return ""


def size(value: object) -> int | None:
    """Return a number of bytes, or None when it is none that can be."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18 else None


def checksum(value: object, kind: object) -> tuple[str, str]:
    """Return (sha256, md5) of a checksum of that kind, each in lower case or ""; other kinds and lengths are none."""
    digest = value.strip().lower() if isinstance(value, str) else ""
    name = re.sub(r"[^a-z0-9]", "", kind.lower()) if isinstance(kind, str) else ""
    if name == "sha256" and re.fullmatch(r"[0-9a-f]{64}", digest):
        return digest, ""
    return ("", digest) if name == "md5" and re.fullmatch(r"[0-9a-f]{32}", digest) else ("", "")


def file_path(*parts: object) -> str:
    """Return a path below a dataset, or "" when it would lead out of it or cannot be shown."""
    joined = "/".join(part.strip("/") for part in parts if isinstance(part, str) and part.strip("/"))
    if len(joined) > MAX_PATH or not joined.isprintable() or "\\" in joined:
        return ""
    return "" if any(part in {"", ".", ".."} for part in joined.split("/")) else joined


def cut_note(files: object) -> tuple[str, ...]:
    """Return the note that a list of files is longer than what is read of it, where it is."""
    if not isinstance(files, list) or len(files) <= MAX_FILES:
        return ()
    return (f"Of {len(files)} files only the first {MAX_FILES} were read.",)


def keywords(value: object) -> tuple[Subject, ...]:
    """Return the keywords in a list, or in a text that separates them by commas or semicolons; each once."""
    texts = re.split(r"[,;]", value[:10_000]) if isinstance(value, str) else entries(value)
    return tuple(Subject(text) for text in dict.fromkeys(line(one) for one in texts[:MAX_RELATED]) if text)


def technique(name: object, identifier: object) -> Subject | None:
    """Return an experimental technique; one whose identifier is a PaNET term names it by its address."""
    text = line(name)
    iri = ""
    if isinstance(identifier, str) and "panet" in identifier.lower():
        try:
            iri = panet_iri(identifier)
        except IdentifierError:
            iri = ""
    if not text:
        return None
    return Subject(text, iri, "PaNET", PANET_SCHEME) if iri else Subject(text)
