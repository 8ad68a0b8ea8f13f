"""Learn from a package index itself on which hosts it has its files, so that a build may fetch them there."""

from __future__ import annotations

import html
import json
import re
import threading
import time
from collections.abc import Iterable
from typing import Final
from urllib.parse import urljoin

import requests

from builder.engines.build_network.reach import Authority, authority_of

# Every index that notebooks are built from has it: it is part of every environment.
_ASKED_FOR: Final = "ipykernel"
_ACCEPTED: Final = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_PAGE_LIMIT: Final = 16 * 2**20
_CHUNK: Final = 2**16
_TIMEOUT_S: Final = 15.0
_KEPT_S: Final = 600.0
_HOSTS_LIMIT: Final = 8
_LINK: Final = re.compile(r"<a\s[^>]*?href\s*=\s*[\"']([^\"']+)", re.IGNORECASE)
_known: dict[str, tuple[float, frozenset[Authority]]] = {}
_lock: Final = threading.Lock()


def file_hosts(index_url: str) -> frozenset[Authority]:
    """Return the hosts of the index's files as one of its pages names them; remembered for ten minutes.

    An index that does not answer has none: who asks it next learns why.
    """
    with _lock:
        known = _known.get(index_url)
        if known is not None and time.monotonic() - known[0] < _KEPT_S:
            return known[1]
    try:
        found = frozenset(_named(*_page(f"{index_url.rstrip('/')}/{_ASKED_FOR}/")))
    except (requests.RequestException, ValueError):
        return frozenset()
    with _lock:
        _known[index_url] = (time.monotonic(), found)
    return found


def _page(address: str) -> tuple[str, str]:
    """Return the address that answered in the end, and its page."""
    body = bytearray()
    with requests.get(address, headers={"Accept": _ACCEPTED}, timeout=_TIMEOUT_S, stream=True) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_content(_CHUNK):
            body += chunk
            if len(body) > _PAGE_LIMIT:
                raise ValueError("the page is too large")
        return answer.url, body.decode("utf-8", "replace")


def _named(address: str, page: str) -> Iterable[Authority]:
    """Return the host that answered and those of the files, as far as there are few of them."""
    if page.lstrip().startswith("{"):
        files = json.loads(page).get("files")
        links = (
            [str(each.get("url", "")) for each in files if isinstance(each, dict)] if isinstance(files, list) else []
        )
    else:
        links = [html.unescape(link) for link in _LINK.findall(page)]
    hosts = dict.fromkeys(authority_of(urljoin(address, link)) for link in (address, *links))
    return [host for host in hosts if host is not None][:_HOSTS_LIMIT]
