"""What is asked of Zenodo's deposit API (https://developers.zenodo.org/#depositions), one question a method.

Every answer is bounded in time and size, no redirect is followed (it would take the token along), and a bundle goes
only to an address of the same service.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, Final
from urllib.parse import quote, urlsplit

import requests

from catalog.errors import CatalogError
from catalog.outbound import PRODUCT, retry_after_s

_TIMEOUT_S: Final = (5.0, 30.0)
_ANSWER_S: Final = 60.0
_UPLOAD_S: Final = 300.0
_MOST_ANSWER_BYTES: Final = 16 << 20
_PAGE: Final = 100
# A deposition whose making got no answer is among the newest.
_PAGES_LOOKED_AT: Final = 3
_ACCOUNT: Final = frozenset({401, 403})
_REFUSED: Final = frozenset({400, 405, 409, 413, 415, 422})

Json = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Deposition:
    """A deposition as Zenodo tells of it: `files` are the MD5 digests by name, `file_ids` what a file is deleted by."""

    number: int
    is_submitted: bool
    doi: str
    bucket: str
    files: Mapping[str, str]
    file_ids: Mapping[str, str]
    marks: frozenset[str]


class Zenodo:
    """An account at Zenodo. Every method raises CatalogError: deposit-account, -refused or -unreachable."""

    def __init__(self, *, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "User-Agent": PRODUCT, "Accept": "application/json"}

    def find(self, mark: str) -> list[Deposition]:
        """Return the account's newest depositions that carry `mark` among their identifiers, the oldest first."""
        found: dict[int, Deposition] = {}
        for page in range(1, _PAGES_LOOKED_AT + 1):
            query = f"?size={_PAGE}&page={page}&sort=mostrecent&all_versions=true"
            listed = self._ask("GET", f"/api/deposit/depositions{query}")
            if not isinstance(listed, list):
                raise _unreadable()
            found |= {one.number: one for one in map(_read, listed) if mark in one.marks}
            if len(listed) < _PAGE:
                break
        return [found[number] for number in sorted(found)]

    def get(self, number: int) -> Deposition | None:
        """Return a deposition, or None where there is none."""
        try:
            return _read(self._ask("GET", f"/api/deposit/depositions/{number}"))
        except CatalogError as error:
            if error.data.get("status") in ("404", "410"):
                return None
            raise

    def create(self, metadata: Mapping[str, Any]) -> Deposition:
        """Make a draft with its metadata, so that it is found again by its mark."""
        return _read(self._ask("POST", "/api/deposit/depositions", {"metadata": metadata}))

    def new_version(self, number: int) -> int:
        """Return the number of the draft of the next version of what is published; asking again makes no second."""
        said = self._ask("POST", f"/api/deposit/depositions/{number}/actions/newversion")
        links = said.get("links") if isinstance(said, dict) else None
        draft = re.search(r"/([0-9]{1,18})/?\Z", str((links or {}).get("latest_draft", "")))
        if draft is None:
            raise _unreadable()
        return int(draft.group(1))

    def describe(self, number: int, metadata: Mapping[str, Any]) -> None:
        """Give a draft its metadata."""
        self._ask("PUT", f"/api/deposit/depositions/{number}", {"metadata": metadata})

    def delete_file(self, number: int, file_id: str) -> None:
        """Take a file out of a draft."""
        self._ask("DELETE", f"/api/deposit/depositions/{number}/files/{quote(file_id, safe='')}")

    def upload(self, deposition: Deposition, name: str, bundle: IO[bytes], size_bytes: int) -> None:
        """Put a file into a draft, in place of one of its name."""
        if _origin(deposition.bucket) != _origin(self._url):
            raise CatalogError("deposit-unreachable", reason="it names a bucket of another host")
        self._send("PUT", f"{deposition.bucket}/{quote(name)}", data=_Timed(bundle, size_bytes, _UPLOAD_S))

    def publish(self, number: int) -> None:
        """Publish a draft. It stays from then on."""
        self._ask("POST", f"/api/deposit/depositions/{number}/actions/publish")

    def discard(self, number: int) -> None:
        """Delete a draft."""
        self._ask("DELETE", f"/api/deposit/depositions/{number}")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        raw = self._send(method, self._url + path, **({} if body is None else {"json": body}))
        if not raw:
            return {}
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise _unreadable() from error

    def _send(self, method: str, url: str, **given: Any) -> bytes:  # noqa: ANN401 - as requests has it
        try:
            with requests.request(
                method, url, headers=self._headers, timeout=_TIMEOUT_S, stream=True, allow_redirects=False, **given
            ) as answer:
                body = _body(answer)
        except requests.RequestException as error:
            raise CatalogError("deposit-unreachable", reason=type(error).__name__) from error
        if not answer.ok or answer.is_redirect:
            raise _caused(answer, body)
        return body


class _Timed:
    """A file that is sent until a time is over; without it a slow host could hold the sender for ever."""

    def __init__(self, bundle: IO[bytes], size_bytes: int, seconds: float) -> None:
        self._bundle, self._size_bytes, self._until = bundle, size_bytes, time.monotonic() + seconds

    def __len__(self) -> int:
        return self._size_bytes

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(1 << 20):
            yield chunk

    def read(self, size: int = -1) -> bytes:
        """Return the next piece. Raises ConnectTimeout when the time is over."""
        if time.monotonic() > self._until:
            raise requests.ConnectTimeout
        return self._bundle.read(size)


def _body(answer: requests.Response) -> bytes:
    body, until = bytearray(), time.monotonic() + _ANSWER_S
    for chunk in answer.iter_content(1 << 16):
        body += chunk
        if len(body) > _MOST_ANSWER_BYTES or time.monotonic() > until:
            raise requests.Timeout
    return bytes(body)


def _read(said: object) -> Deposition:
    """Return what matters of a deposition. Raises CatalogError deposit-unreachable where it is none."""
    try:
        if not isinstance(said, dict):
            raise _unreadable()
        metadata, links = said.get("metadata") or {}, said.get("links") or {}
        files = [(str(one["filename"]), one) for one in said.get("files") or ()]
        return Deposition(
            number=int(said["id"]),
            is_submitted=said.get("submitted") is True,
            doi=str(said.get("doi") or metadata.get("doi") or ""),
            bucket=str(links.get("bucket", "")),
            files={name: str(one.get("checksum", "")).removeprefix("md5:").lower() for name, one in files},
            file_ids={name: str(one.get("id", "")) for name, one in files},
            marks=frozenset(str(one.get("identifier", "")) for one in metadata.get("related_identifiers") or ()),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unreadable() from error


def _caused(answer: requests.Response, body: bytes) -> CatalogError:
    status = answer.status_code
    text = " ".join(body[:2000].decode("utf-8", "replace").split())[:300]
    kind = "account" if status in _ACCOUNT else "refused" if status in _REFUSED else "unreachable"
    pause = retry_after_s(answer.headers.get("Retry-After", "")) if answer.headers.get("Retry-After") else None
    return CatalogError(
        f"deposit-{kind}",
        reason=f"{status} {text}".strip(),
        status=str(status),
        pause_s=str(int(pause)) if pause is not None else "0",
    )


def _unreadable() -> CatalogError:
    return CatalogError("deposit-unreachable", reason="its answer is not what Zenodo describes")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
