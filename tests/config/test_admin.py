"""The operator's pages: for staff alone, to look at everything and to change no evidence."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from catalog.models import Dataset, Evidence, Facility, Instrument, Publication, Target, Technique
from reproduce.models import Run, RunEvent
from reproduce.watches import watch
from tests.shelf import Shelf

OURS = sorted(
    (model for model in admin.site._registry if model._meta.app_label in {"catalog", "builder", "reproduce"}),
    key=lambda model: model._meta.label,
)


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("otto", password="x"))
    return client


@pytest.fixture
def record(publication: Publication, target: Target) -> Run:
    run = Run.objects.create(target=target, reason=Run.Reason.CLICK)
    RunEvent.objects.create(run=run, seq=1, kind="run", text="a line")
    watch(target, every_days=3)
    return run


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_the_operator_lists_and_searches_every_record(model: type[Model], operator: Client, record: Run) -> None:
    assert operator.get(address(model, "changelist"), {"q": "silica"}).status_code == 200


@pytest.mark.parametrize("persona", ["owner", "curator", "reader", "anonymous"])
def test_nobody_else_sees_the_admin_pages(persona: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(persona)
    assert client.get(address(Publication, "changelist")).status_code == 302


@pytest.mark.parametrize("model", [Evidence, Run, RunEvent, Target], ids=lambda model: model._meta.label)
def test_evidence_and_what_it_rests_on_can_be_neither_made_nor_changed(
    model: type[Model], operator: Client, record: Run
) -> None:
    assert operator.get(address(model, "add")).status_code == 403
    existing = model.objects.first()  # type: ignore[attr-defined]  # every model has it
    if existing is not None:
        assert operator.post(address(model, "change", existing.pk), {"verdict": "identical"}).status_code == 403


def test_the_state_of_a_publication_is_not_changed_by_hand(operator: Client, draft: Publication) -> None:
    page = operator.get(address(Publication, "change", draft.pk))
    assert b'name="state"' not in page.content
    assert b'name="title"' in page.content


def test_a_facility_keeps_its_ror_id_in_the_form_that_ror_asks_for(operator: Client) -> None:
    typed = {"name": "Test source", "slug": "test-source", "ror": "https://ror.org/01ZY2CS03", "homepage": ""}
    operator.post(address(Facility, "add"), typed)
    assert Facility.objects.get(slug="test-source").ror == "https://ror.org/01zy2cs03"


def test_a_facility_with_a_mistyped_ror_id_is_refused(operator: Client) -> None:
    typed = {"name": "Test source", "slug": "test-source", "ror": "https://ror.org/01zy2cs04", "homepage": ""}
    answer = operator.post(address(Facility, "add"), typed)
    assert "is not a ROR id" in answer.content.decode()
    assert not Facility.objects.filter(slug="test-source").exists()


@pytest.mark.parametrize("typed", ["PaNET01189", "http://purl.org/pan-science/PaNET/PaNET01189"])
def test_a_technique_keeps_the_id_of_its_term(operator: Client, typed: str) -> None:
    operator.post(address(Technique, "add"), {"name": "small angle", "panet_id": typed})
    assert Technique.objects.get(name="small angle").panet_id == "PaNET01189"


def test_a_technique_with_an_id_that_is_none_is_refused(operator: Client) -> None:
    answer = operator.post(address(Technique, "add"), {"name": "small angle", "panet_id": "SANS"})
    assert answer.status_code == 200
    assert not Technique.objects.filter(name="small angle").exists()


def test_what_the_operator_says_of_data_is_shown_to_harvesters(
    operator: Client, publication: Publication, shelf: Shelf
) -> None:
    lists = ("creators", "contributors", "files", "subjects", "funding", "related")
    typed = {
        "doi": "10.5072/data",
        "title": "Curves",
        "access": "embargoed",
        "embargo_until": "2030-01-01",
        "published_precision": "day",
        "publications": str(publication.pk),
        **dict.fromkeys(lists, "[]"),
    }
    assert operator.post(address(Dataset, "add"), typed).status_code == 302
    assert shelf["dataset/10.5072/data"].access == "embargoed"
    dataset = Dataset.objects.get()
    assert operator.post(address(Dataset, "change", dataset.pk), typed | {"title": "Other"}).status_code == 302
    assert shelf["dataset/10.5072/data"].title == "Other"


@pytest.mark.parametrize(
    ("typed", "kept"), [("https://doi.org/10.5291/D22", "10.5291/d22"), ("https://x.org/d22", "https://x.org/d22")]
)
def test_an_instrument_keeps_its_identifier_in_its_normal_form(typed: str, kept: str, operator: Client) -> None:
    operator.post(address(Instrument, "add"), {"name": "D22", "pid": typed})
    assert Instrument.objects.get().pid == kept


def test_an_instrument_with_an_identifier_that_is_none_is_refused(operator: Client) -> None:
    answer = operator.post(address(Instrument, "add"), {"name": "D22", "pid": "x"})
    assert "is neither a DOI nor a web address" in answer.content.decode()
    assert not Instrument.objects.exists()
