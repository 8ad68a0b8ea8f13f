"""How this service speaks to a provider of logins: as django-allauth asks for it, by the one way out."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

import requests
from requests.auth import HTTPBasicAuth

from catalog.addresses import OutboundError
from catalog.login_providers import is_safe_address
from catalog.outbound import send

_TIMEOUT_S: Final = 10
_SIZE_BYTES: Final = 2**20


class ProviderSession:
    """Stands for a `requests.Session`. Its addresses are the operator's choice, so private ones may be reached too.

    A request may take ten seconds and be answered with one megabyte; redirects are not followed. Raises
    requests.RequestException, as a session does.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """GET an address of the provider."""
        return self.request("GET", url, headers=headers)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: None = None,  # noqa: ARG002 - what the session of requests takes
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: HTTPBasicAuth | None = None,
    ) -> requests.Response:
        """Send a request to the provider, with `data` as a form."""
        if not is_safe_address(url):
            raise requests.exceptions.InvalidURL("it names an address that is not https")
        asked = dict(headers or {})
        if auth is not None:
            asked["Authorization"] = _basic(auth)
        body = None
        if data is not None:
            body = urlencode(data).encode("ascii")
            asked["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            answer = send(
                url,
                method=method,
                headers=asked,
                body=body,
                timeout_s=_TIMEOUT_S,
                size_limit_bytes=_SIZE_BYTES,
                allow_private=True,
            )
        except OutboundError as error:
            raise requests.exceptions.ConnectionError(str(error)) from error
        if 300 <= answer.status < 400:
            raise requests.exceptions.TooManyRedirects("it redirects")
        return _as_response(answer.status, answer.headers, answer.body, url)


def _basic(auth: HTTPBasicAuth) -> str:
    """Both are encoded as in a form before (RFC 6749, 2.3.1)."""
    pair = ":".join(quote(str(part), safe="") for part in (auth.username, auth.password))
    return "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")


def _as_response(status: int, headers: Mapping[str, str], body: bytes, url: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    response.headers.setdefault("content-type", "")
    response.encoding = "utf-8"
    response.url = url
    raw: Any = io.BytesIO(body)  # requests reads whatever has read()
    response.raw = raw
    return response
