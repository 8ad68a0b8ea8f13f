"""From a domain error to an answer."""

from __future__ import annotations

import json
import logging

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework.exceptions import NotFound
from rest_framework.test import APIRequestFactory

from catalog.causes import CATALOGUE, CausedError
from config.errors import STATUSES, DomainErrorMiddleware, api_exception_handler


def answer(error: Exception, accept: str = "text/html") -> HttpResponse | None:
    middleware = DomainErrorMiddleware(lambda request: HttpResponse())
    request = RequestFactory().get("/somewhere", headers={"accept": accept})
    response = middleware.process_exception(request, error)
    assert response is None or isinstance(response, HttpResponse)
    return response


def test_every_cause_has_a_status_and_a_fault_of_ours_never_blames_the_visitor() -> None:
    assert set(STATUSES) == set(CATALOGUE)
    for kind in CATALOGUE.values():
        status = STATUSES[kind.id]
        assert 400 <= status < 600
        if kind.fault == "visitor":
            assert status < 500
        if kind.fault == "operator":
            assert status >= 500


def test_a_person_gets_a_page_with_message_hint_and_fault() -> None:
    response = answer(CausedError("doi-unknown", doi="10.5072/<b>"))
    assert response is not None
    page = response.content.decode()
    assert response.status_code == 404
    assert "10.5072/&lt;b&gt;" in page
    assert "Check it for typing errors" in page
    assert "It lies with the request." in page


def test_a_program_gets_the_cause_in_json() -> None:
    response = answer(CausedError("metadata-unreachable", doi="10.5072/x", reason="no answer"), "application/json")
    assert response is not None
    assert response.status_code == 502
    assert json.loads(response.content)["cause"]["id"] == "metadata-unreachable"


def test_any_other_error_is_left_to_django() -> None:
    assert answer(ValueError("x")) is None


def test_a_fault_of_ours_is_logged_once_and_a_visitors_is_not(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer(CausedError("doi-unknown", doi="10.5072/x"))
        assert not caplog.records
        answer(CausedError("disk-full", path="/srv"))
    assert len(caplog.records) == 1


def test_the_api_answers_a_domain_error_with_its_cause() -> None:
    context = {"request": APIRequestFactory().get("/api/v1/x")}
    response = api_exception_handler(CausedError("doi-taken", doi="10.5072/x"), context)
    assert response is not None
    assert response.status_code == 409
    assert response.data["cause"]["id"] == "doi-taken"


def test_the_api_leaves_other_errors_to_rest_framework() -> None:
    response = api_exception_handler(NotFound(), {})
    assert response is not None
    assert response.status_code == 404
