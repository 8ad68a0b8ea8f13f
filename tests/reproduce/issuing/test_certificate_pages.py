"""What people and programs see of certificates, the log and a verification."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from catalog.models import Publication, Target
from reproduce.certificates.canonical import MOST_BYTES
from reproduce.certificates.issuer import read_issuer
from reproduce.certificates.material import read_material
from reproduce.certificates.verify import outcome_of, verify
from reproduce.issuing.issue import issue
from reproduce.issuing.statuses import revoke
from reproduce.models import Certificate
from tests.reproduce.issuing.conftest import prove_with_environment


def text(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_the_target_leads_to_its_certificates(target: Target, certificate: Certificate, anonymous: Client) -> None:
    page = text(anonymous, target.get_absolute_url())
    assert certificate.get_absolute_url() in page
    assert "Figures reproduced" in page


def test_the_page_shows_the_ladder_and_what_proves_it(certificate: Certificate, anonymous: Client) -> None:
    page = text(anonymous, certificate.get_absolute_url())
    assert page.count('<li class="done">') == 5
    assert "not reached" in page
    for word in ("in force", certificate.key.multikey, certificate.entry.leaf, "did:web:", "no human reviewed"):
        assert word in page


@pytest.mark.parametrize("accept", ["application/vc", "application/json", "application/ld+json"])
def test_a_program_gets_the_credential_at_the_same_address(
    accept: str, certificate: Certificate, anonymous: Client
) -> None:
    answer = anonymous.get(certificate.get_absolute_url(), headers={"accept": accept})
    assert answer.headers["Content-Type"] == "application/vc"
    assert "Accept" in answer.headers["Vary"]
    assert answer.content.decode() == certificate.entry.document
    assert anonymous.get(f"{certificate.get_absolute_url()}.json").content == answer.content


def test_the_package_verifies_with_the_keys_that_are_served(certificate: Certificate, anonymous: Client) -> None:
    package = anonymous.get(f"{certificate.get_absolute_url()}/package.json").content
    issuer = read_issuer(anonymous.get("/.well-known/did.json").json())
    checks = verify(read_material(package).with_issuer(issuer), now=certificate.issued_at)
    assert {check.state for check in checks} == {"passed"}
    assert outcome_of(checks) == "valid"


def test_a_certificate_says_that_it_is_revoked_superseded_or_stale(
    target: Target, certificate: Certificate, anonymous: Client
) -> None:
    worse = issue(prove_with_environment(target, verdict="differs").pk)
    assert worse is not None
    assert worse.get_absolute_url() in text(anonymous, certificate.get_absolute_url())
    revoke(worse.pk, why="<b>A mistake</b>.")
    page = text(anonymous, worse.get_absolute_url())
    assert "&lt;b&gt;A mistake&lt;/b&gt;." in page
    Certificate.objects.filter(pk=certificate.pk).update(superseded_by=None, valid_until=certificate.issued_at)
    assert ">stale<" in text(anonymous, certificate.get_absolute_url())


def test_a_withdrawn_paper_takes_its_certificates_out_of_sight(
    certificate: Certificate, anonymous: Client, owner: Client
) -> None:
    Publication.objects.update(state=Publication.State.DRAFT)
    assert anonymous.get(certificate.get_absolute_url()).status_code == 404
    assert owner.get(certificate.get_absolute_url()).status_code == 200
    assert certificate.get_absolute_url() not in text(anonymous, "/log")
    assert certificate.entry.leaf in text(anonymous, "/log")


def test_there_are_no_keys_lists_or_heads_before_the_first_certificate(anonymous: Client) -> None:
    for url in ("/.well-known/did.json", "/status/revocation/0", "/api/v1/log/head/"):
        assert anonymous.get(url).status_code == 404
    assert "No certificate was issued yet." in text(anonymous, "/log")


@pytest.mark.parametrize("url", ["/status/revocation/1", "/status/suspension/0", f"/status/message/{10**30}"])
def test_there_are_no_other_lists(url: str, certificate: Certificate, anonymous: Client) -> None:
    assert anonymous.get(url).status_code == 404


def test_the_context_is_served_as_it_is_kept(anonymous: Client, certificate: Certificate, settings: Settings) -> None:
    answer = anonymous.get("/contexts/certificate-v1.jsonld")
    assert answer.headers["Content-Type"] == "application/ld+json"
    assert f"{settings.REPRISE_URL}/contexts/certificate-v1.jsonld" in certificate.entry.as_json()["@context"]
    assert answer.json()["@context"]["@protected"] is True


def pasted(client: Client, content: str) -> str:
    return client.post("/verify", {"text": content}).content.decode()


def test_a_certificate_of_this_service_that_is_pasted_is_checked_in_full(
    certificate: Certificate, anonymous: Client
) -> None:
    page = pasted(anonymous, certificate.entry.document)
    assert "The certificate is genuine and in force." in page
    assert page.count("in order") == 6
    assert certificate.get_absolute_url() in page


def test_a_file_that_is_sent_is_checked(certificate: Certificate, anonymous: Client) -> None:
    changed = certificate.entry.document.replace("reproduced", "identical", 1).encode()
    answer = anonymous.post("/verify", {"file": SimpleUploadedFile("c.json", changed)})
    assert "This is not a genuine certificate." in answer.content.decode()


def test_a_certificate_of_another_service_is_not_called_genuine(
    certificate: Certificate, anonymous: Client, owner: Client
) -> None:
    foreign = certificate.entry.document.replace("did:web:127.0.0.1%3A8765", "did:web:other.example.org")
    assert "is not established" in pasted(anonymous, foreign)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "Choose a file or paste a certificate."),
        ("hello", "it is not JSON"),
        ("[1]", "it is not a JSON object"),
        ('{"a": 1.5}', "fraction"),
        ('{"a": ' * 500 + "1" + "}" * 500, "nested more than"),
        ('{"name": "<script>alert(1)</script>", "type": ["x"]}', "It cannot be checked"),
        ('{"id": ["<script>"], "name": {}}', "It cannot be checked"),
        ("\ud800", "it is not JSON"),
    ],
    ids=lambda value: str(value)[:20].encode("ascii", "replace").decode(),
)
def test_what_is_no_certificate_is_told_kindly(content: str, words: str, anonymous: Client, db: None) -> None:
    page = anonymous.post("/verify", {"text": content.encode("utf-8", "surrogatepass").decode("utf-8", "replace")})
    assert page.status_code == 200
    assert words in page.content.decode()
    assert "<script>alert" not in page.content.decode()


def test_a_file_that_is_too_large_is_not_read(anonymous: Client, db: None) -> None:
    large = SimpleUploadedFile("c.json", b'{"a": "' + b"x" * MOST_BYTES + b'"}')
    assert "it is larger than" in anonymous.post("/verify", {"file": large}).content.decode()


def test_the_api_lists_certificates_and_proves_the_log(
    target: Target, certificate: Certificate, anonymous: Client
) -> None:
    later = issue(prove_with_environment(target, verdict="differs").pk)
    assert later is not None
    listed = anonymous.get("/api/v1/certificates/?rung=figures").json()
    assert [row["id"] for row in listed["results"]] == [str(certificate.pk)]
    assert listed["results"][0]["superseded_by"] == str(later.pk)
    head = anonymous.get("/api/v1/log/head/").json()
    assert head["treeSize"] == 3
    assert anonymous.get("/api/v1/log/head/?size=1").json()["treeSize"] == 1
    inclusion = anonymous.get(f"/api/v1/log/inclusion/?leaf={certificate.entry.leaf}").json()
    assert (inclusion["leafIndex"], inclusion["treeSize"], len(inclusion["path"])) == (0, 3, 2)
    assert len(anonymous.get("/api/v1/log/consistency/?earlier=1").json()["path"]) == 2
    entries = anonymous.get("/api/v1/log/entries/?start=1").json()
    assert (entries["size"], [row["kind"] for row in entries["entries"]]) == (3, ["certificate", "status"])
    assert entries["entries"][0]["document"] is None
    assert json.loads(json.dumps(entries["entries"][1]["document"]))["statusPurpose"] == "message"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("head/?size=9", 404),
        ("head/?size=x", 400),
        ("head/?size=99999999999999", 404),
        ("head/?size=" + "9" * 40, 404),
        ("inclusion/", 404),
        ("inclusion/?leaf=%00", 404),
        ("inclusion/?leaf=" + "0" * 64, 404),
        ("consistency/", 400),
        ("consistency/?earlier=9", 404),
        ("consistency/?earlier=-1", 400),
        ("consistency/?earlier=1&size=" + "9" * 40, 404),
        ("consistency/?earlier=1&size=0", 404),
        ("entries/?start=x", 400),
        ("entries/?start=900000000", 200),
        ("entries/?start=" + "9" * 40, 200),
        ("entries/?limit=999999999", 200),
    ],
)
def test_the_api_of_the_log_refuses_what_makes_no_sense(
    path: str, status: int, certificate: Certificate, anonymous: Client
) -> None:
    assert anonymous.get(f"/api/v1/log/{path}").status_code == status
