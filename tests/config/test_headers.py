"""Headers of every answer."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from config.headers import POLICY, SecurityHeadersMiddleware

# Served under a policy of their own, which allows styles: see test_run_pages.
FOREIGN = {"notebook_content.html", "report.html"}
TEMPLATES = [path for path in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")) if path.name not in FOREIGN]


@pytest.mark.parametrize("url", ["/", "/about", "/login", "/health", "/nothing-here", "/doi/10.5072/nothing"])
def test_every_answer_carries_the_policy(url: str, anonymous: Client) -> None:
    headers = anonymous.get(url).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_policy_begins_with_nothing_and_allows_nothing_inline_or_foreign() -> None:
    assert POLICY.startswith("default-src 'none';")
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


def test_a_policy_that_a_view_has_set_is_kept() -> None:
    def view(_: HttpRequest) -> HttpResponseBase:
        return HttpResponse(headers={"Content-Security-Policy": "sandbox"})

    response = SecurityHeadersMiddleware(view)(RequestFactory().get("/"))
    assert isinstance(response, HttpResponse)
    assert response.headers["Content-Security-Policy"] == "sandbox"


def test_an_asynchronous_view_gets_the_same_headers() -> None:
    async def view(_: HttpRequest) -> HttpResponseBase:
        return HttpResponse()

    async def call() -> HttpResponseBase:
        answer = SecurityHeadersMiddleware(view)(RequestFactory().get("/"))
        assert not isinstance(answer, HttpResponseBase)
        return await answer

    assert asyncio.run(call()).headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_what_the_policy_would_block(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""<(?:script|link|img)[^>]+(?:src|href)=["'](?:https?:)?//""", text)
