"""A certificate is genuine exactly when nothing of it was changed, and what lapsed is told from what is false."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reproduce.certificates.canonical import MalformedError, canonical
from reproduce.certificates.issuer import PublicKey, issuer_document, method_of, read_issuer
from reproduce.certificates.keys import make_key
from reproduce.certificates.material import Material, read_material
from reproduce.certificates.verify import outcome_of, verify
from tests.reproduce.certificates.examples import DID, NOW, YEAR, Example

EXAMPLE = Example()
PACKAGE = EXAMPLE.package()


def judged(document: dict[str, Any] | bytes, *, days: int = 1, example: Example = EXAMPLE, **parts: object) -> str:
    """Return the outcome for a certificate or package, with the issuer trusted."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    try:
        material = replace(read_material(data).with_issuer(example.issuer), **parts)
    except MalformedError:
        return "malformed"
    return outcome_of(verify(material, now=NOW + timedelta(days=days)))


def states(material: Material, *, days: int = 1) -> dict[str, str]:
    return {check.name: check.state for check in verify(material, now=NOW + timedelta(days=days))}


def test_a_package_is_valid_in_every_respect() -> None:
    material = read_material(json.dumps(PACKAGE).encode()).with_issuer(EXAMPLE.issuer)
    assert states(material) == {
        "form": "passed",
        "signature": "passed",
        "dates": "passed",
        "log": "passed",
        "revoked": "passed",
        "superseded": "passed",
    }


def test_a_certificate_alone_is_valid_and_says_what_was_not_checked() -> None:
    found = states(Material(EXAMPLE.certificate, issuer=EXAMPLE.issuer))
    assert (found["signature"], found["log"], found["revoked"]) == ("passed", "not-checked", "not-checked")
    assert judged(EXAMPLE.certificate) == "valid"


def test_without_a_trusted_issuer_nothing_is_proven() -> None:
    alone = verify(Material(EXAMPLE.certificate), now=NOW)
    with_its_own = verify(read_material(json.dumps(PACKAGE).encode()), now=NOW)
    assert (outcome_of(alone), outcome_of(with_its_own)) == ("unproven", "unproven")


def test_every_changed_byte_is_found() -> None:
    data = canonical(EXAMPLE.certificate)
    for place, byte in enumerate(data):
        for other in {byte ^ 1, byte ^ 0x20, ord("0") if byte != ord("0") else ord("1")} - {byte}:
            changed = data[:place] + bytes([other]) + data[place + 1 :]
            assert judged(changed) in ("invalid", "malformed"), data[place - 20 : place + 20]


def test_every_missing_or_added_byte_is_found() -> None:
    data = canonical(EXAMPLE.certificate)
    for place in range(len(data)):
        assert judged(data[:place] + data[place + 1 :]) in ("invalid", "malformed")
        assert judged(data[:place] + b"7" + data[place:]) in ("invalid", "malformed")


def paths(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(part, (*path, name))


def changed_at(document: dict[str, Any], path: tuple[Any, ...], change: str) -> dict[str, Any]:
    copy = json.loads(json.dumps(document))
    holder = copy
    for name in path[:-1]:
        holder = holder[name]
    value = holder[path[-1]]
    if change == "gone":
        del holder[path[-1]]
    elif change == "other type":
        holder[path[-1]] = None if value is not None else 1
    elif isinstance(value, bool):
        holder[path[-1]] = not value
    elif isinstance(value, int):
        holder[path[-1]] = value + 1
    elif isinstance(value, str):
        holder[path[-1]] = value + "x"
    else:
        holder[path[-1]] = [value]
    return copy


@pytest.mark.parametrize("change", ["gone", "other type", "other value"])
def test_every_changed_field_is_found(change: str) -> None:
    for path in paths(EXAMPLE.certificate):
        assert judged(changed_at(EXAMPLE.certificate, path, change)) in ("invalid", "malformed"), path


@pytest.mark.parametrize("part", ["inclusion", "treeHead", "statusLists"])
@pytest.mark.parametrize("change", ["other type", "other value"])
def test_every_changed_field_of_the_proofs_is_found(part: str, change: str) -> None:
    for path in paths(PACKAGE[part], (part,)):
        # A list under another name is another list: that of the certificate is not at hand, and it is said.
        if part == "statusLists" and path[2:] in ((), ("id",)):
            continue
        assert judged(changed_at(PACKAGE, path, change)) in ("invalid", "malformed"), path


def test_a_certificate_that_another_key_signed_is_not_genuine() -> None:
    forged = Example(key=make_key())
    assert judged(forged.certificate) == "invalid"
    assert judged(forged.package()) == "invalid"


def test_another_document_of_the_issuer_is_no_certificate() -> None:
    for document in (*EXAMPLE.lists(), EXAMPLE.head(), EXAMPLE.did_document):
        assert judged(document) == "invalid"


def test_a_certificate_of_another_issuer_with_this_key_is_not_genuine() -> None:
    other = {**EXAMPLE.certificate, "issuer": {"id": "did:web:elsewhere.example.org"}}
    del other["proof"]
    assert judged(EXAMPLE.sign(other)) == "invalid"


def test_it_becomes_stale_with_its_last_day() -> None:
    assert (
        states(read_material(json.dumps(PACKAGE).encode()).with_issuer(EXAMPLE.issuer), days=364)["dates"] == "passed"
    )
    assert judged(EXAMPLE.certificate, days=YEAR.days) == "lapsed"
    assert judged(EXAMPLE.certificate, days=-2) == "invalid"


@pytest.mark.parametrize(("purpose", "name"), [("revocation", "revoked"), ("message", "superseded")])
def test_what_a_status_list_names_has_lapsed(purpose: str, name: str) -> None:
    package = EXAMPLE.package(lists=EXAMPLE.lists(**{purpose: [4]}))
    assert states(read_material(json.dumps(package).encode()).with_issuer(EXAMPLE.issuer))[name] == "lapsed"
    assert judged(package) == "lapsed"
    assert judged(EXAMPLE.package(lists=EXAMPLE.lists(**{purpose: [3, 5]}))) == "valid"


def test_an_old_status_list_is_not_relied_on() -> None:
    found = states(read_material(json.dumps(PACKAGE).encode()).with_issuer(EXAMPLE.issuer), days=8)
    assert (found["revoked"], found["superseded"]) == ("not-checked", "not-checked")


def test_a_list_for_another_purpose_is_refused() -> None:
    revocation, message = EXAMPLE.lists(revocation=[4])
    swapped = {revocation["id"]: message, message["id"]: revocation}
    assert judged(EXAMPLE.certificate, lists=swapped) == "invalid"


def test_a_retired_key_keeps_what_it_signed_and_signs_nothing_more() -> None:
    retired = issuer_document(DID, [PublicKey(EXAMPLE.key.multikey, NOW + timedelta(hours=1))])
    late = EXAMPLE.sign({k: v for k, v in EXAMPLE.certificate.items() if k != "proof"}, at=NOW + timedelta(hours=2))
    outcomes = [
        outcome_of(verify(Material(one, issuer=read_issuer(retired)), now=NOW + timedelta(days=1)))
        for one in (EXAMPLE.certificate, late)
    ]
    assert outcomes == ["valid", "invalid"]


def test_after_a_rotation_the_new_key_proves_the_old_certificate() -> None:
    example, newer = Example(), make_key()
    keys = [PublicKey(newer.multikey), PublicKey(example.key.multikey, NOW + timedelta(hours=1))]
    issuer = read_issuer(issuer_document(DID, keys))
    head = {name: value for name, value in example.head().items() if name != "proof"}
    package = example.package(head=example.sign(head, key=newer, at=NOW + timedelta(hours=2)))
    material = read_material(json.dumps(package).encode()).with_issuer(issuer)
    assert method_of(DID, newer.multikey) in issuer.keys
    assert (states(material)["signature"], states(material)["log"]) == ("passed", "passed")


def test_a_certificate_that_is_not_in_the_log_is_found() -> None:
    example = Example()
    other = example.sign({**{k: v for k, v in example.certificate.items() if k != "proof"}, "name": "Another"})
    assert judged(example.package(certificate=other), example=example) == "invalid"
    moved = {**example.inclusion(), "leafIndex": 3}
    assert judged(example.package(inclusion=moved), example=example) == "invalid"


@pytest.mark.parametrize("earlier", range(6))
def test_a_witness_sees_that_the_log_still_begins_as_it_did(earlier: int) -> None:
    kept = EXAMPLE.head(earlier)
    assert judged(PACKAGE, earlier_head=kept, consistency=EXAMPLE.consistency(earlier)) == "valid"


def test_a_witness_sees_that_the_log_was_rewritten() -> None:
    kept, rewritten = EXAMPLE.head(3), Example(key=EXAMPLE.key, others=3)
    rewritten.log.append(b"another entry")
    proof = rewritten.consistency(3)
    assert judged(PACKAGE, earlier_head=kept, consistency=proof) == "invalid"
    assert (
        judged(
            PACKAGE,
            earlier_head=EXAMPLE.sign({**_unsigned(kept), "rootHash": "0" * 64}),
            consistency=EXAMPLE.consistency(3),
        )
        == "invalid"
    )


def _unsigned(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


@pytest.mark.parametrize(
    ("artefacts", "outcome"),
    [
        ({"executed.ipynb": "1" * 64}, "valid"),
        ({"executed.ipynb": "1" * 64, "a stranger's": "9" * 64}, "valid"),
        ({"executed.ipynb": "1" * 64, "verdict.json": "9" * 64}, "invalid"),
        ({"a stranger's": "9" * 64}, "invalid"),
        ({}, "invalid"),
    ],
    ids=str,
)
def test_artefacts_are_held_against_their_digests(artefacts: dict[str, str], outcome: str) -> None:
    assert judged(EXAMPLE.certificate, artefacts=artefacts) == outcome


@pytest.mark.parametrize(
    "name", ["@context", "type", "credentialSubject", "credentialStatus", "validFrom", "proof", "id"]
)
@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [[]], [{}], {"x": []}, [{"name": []}]], ids=str)
def test_a_hostile_certificate_raises_nothing(name: str, value: object) -> None:
    assert judged({**EXAMPLE.certificate, name: value}) in ("invalid", "malformed")
    signed = EXAMPLE.sign({**_unsigned(EXAMPLE.certificate), name: value} if name != "proof" else {"proof": value})
    assert judged(signed, artefacts={"a": "b"}) in ("invalid", "malformed", "valid")


@pytest.mark.parametrize("part", ["certificate", "issuer", "inclusion", "treeHead", "statusLists"])
@pytest.mark.parametrize(
    "value", [None, 1, "x", [], {}, [[]], [{}] * 50, {"id": []}], ids=lambda value: str(value)[:30]
)
def test_a_hostile_package_raises_nothing(part: str, value: object) -> None:
    judged({**PACKAGE, part: value})
