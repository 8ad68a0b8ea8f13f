"""Verify a certificate with what is at hand: signature, dates, log, status, artefacts. Uses no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reproduce.certificates.canonical import MalformedError, canonical
from reproduce.certificates.credential import CREDENTIALS_CONTEXT, TYPE
from reproduce.certificates.issuer import Issuer
from reproduce.certificates.log import check_head, proves_consistency, proves_inclusion
from reproduce.certificates.material import Check, Material, Outcome
from reproduce.certificates.merkle import leaf_hash
from reproduce.certificates.moments import read_moment
from reproduce.certificates.proof import is_proven, proof_of
from reproduce.certificates.status import ENTRIES, is_set

EXIT_CODES: Final[dict[Outcome, int]] = {"valid": 0, "invalid": 1, "lapsed": 2, "unproven": 3}
OUTCOME_WORDS: Final[dict[Outcome, str]] = {
    "valid": "The certificate is genuine and in force.",
    "invalid": "This is not a genuine certificate.",
    "lapsed": "The certificate is genuine, but no longer in force.",
    "unproven": "Whether the certificate is genuine is not established.",
}
_STATUS_WORDS: Final = {
    "revocation": ("revoked", "It is not revoked", "Its issuer has revoked it"),
    "message": ("superseded", "No later verdict supersedes it", "A later, worse verdict supersedes it"),
}
_MOST_ARTEFACTS_NAMED: Final = 5


def verify(material: Material, *, now: datetime) -> list[Check]:
    """Return every check, in the order in which a person would ask. Never raises for what the material holds."""
    checks: tuple[Callable[[Material, datetime], Iterator[Check]], ...] = (
        _check_form,
        _check_signature,
        _check_dates,
        _check_log,
        _check_consistency,
        _check_status,
        _check_artefacts,
    )
    found: list[Check] = []
    for check in checks:
        name = check.__name__.removeprefix("_check_")
        try:
            found += check(material, now)
        except MalformedError as error:
            found.append(Check(name, "failed", f"It cannot be checked: {error}."))
        if name == "form" and found[-1].state == "failed":
            break
    return found


def outcome_of(checks: Sequence[Check]) -> Outcome:
    """Return what the checks say together.

    Without a signature by a trusted issuer nothing is proven, and neither when the log was to be held against an
    earlier head and could not be.
    """
    found = {(check.name, check.state) for check in checks}
    states = {state for _, state in found}
    if "failed" in states:
        return "invalid"
    if ("signature", "passed") not in found or ("consistency", "not-checked") in found:
        return "unproven"
    return "lapsed" if "lapsed" in states else "valid"


def issuer_of(document: Mapping[str, Any]) -> str:
    """Return the DID of the issuer that a document names, or an empty string."""
    issuer = document.get("issuer")
    found = issuer.get("id") if isinstance(issuer, dict) else issuer
    return found if isinstance(found, str) else ""


def check_signed(document: Mapping[str, Any], issuer: Issuer) -> str:
    """Return why the document is not a good statement of `issuer`, or an empty string. Raises MalformedError."""
    proof = proof_of(document)
    if issuer_of(document) != issuer.did:
        return f"It names {issuer_of(document)[:200] or 'nobody'} as its issuer, and not {issuer.did}"
    key = issuer.keys.get(proof["verificationMethod"])
    if key is None:
        return "It is signed with a key that the issuer does not have"
    if not is_proven(document, key.multikey):
        return "The signature does not fit: something in it was changed"
    if key.retired_at is not None and read_moment(proof["created"]) > key.retired_at:
        return "It is signed with a key that had been retired before"
    return ""


def _check_form(material: Material, _now: datetime) -> Iterator[Check]:
    document = material.certificate
    contexts, types = document.get("@context"), document.get("type")
    if not isinstance(contexts, list) or contexts[:1] != [CREDENTIALS_CONTEXT]:
        raise MalformedError("it is not a Verifiable Credential 2.0")
    if not isinstance(types, list) or TYPE not in types or "VerifiableCredential" not in types:
        raise MalformedError("it is not a certificate of reproducibility")
    if not isinstance(document.get("credentialSubject"), dict) or not isinstance(document.get("id"), str):
        raise MalformedError("it has no subject or no id")
    proof_of(document)
    yield Check("form", "passed", "It is a Verifiable Credential 2.0 and a certificate of reproducibility.")


def _check_signature(material: Material, _now: datetime) -> Iterator[Check]:
    issuer = material.issuer or material.named_issuer
    if issuer is None:
        where = issuer_of(material.certificate)[:200] or "nobody"
        yield Check("signature", "not-checked", f"Not checked: the keys of {where} are not at hand.")
        return
    wrong = check_signed(material.certificate, issuer)
    if wrong:
        yield Check("signature", "failed", f"{wrong}.")
    elif material.issuer is None:
        yield Check(
            "signature",
            "not-checked",
            "The signature fits a key that the file itself brings; whose key that is was not checked.",
        )
    else:
        yield Check("signature", "passed", f"It was signed by {issuer.did}, and nothing was changed since.")


def _check_dates(material: Material, now: datetime) -> Iterator[Check]:
    begins = read_moment(material.certificate.get("validFrom"))
    ends = read_moment(material.certificate.get("validUntil"))
    if now < begins:
        yield Check("dates", "failed", f"It is dated {begins:%-d %B %Y}, which is yet to come.")
    elif now >= ends:
        yield Check("dates", "lapsed", f"It is stale: it was good until {ends:%-d %B %Y}.")
    else:
        yield Check("dates", "passed", f"It is good from {begins:%-d %B %Y} until {ends:%-d %B %Y}.")


def _check_log(material: Material, _now: datetime) -> Iterator[Check]:
    issuer = material.issuer or material.named_issuer
    if material.is_absent:
        yield Check("log", "failed", "The issuer's log does not have it.")
        return
    if material.inclusion is None or material.head is None or issuer is None:
        yield Check("log", "not-checked", "Not checked: no proof that it is in the log is at hand.")
        return
    check_head(material.head)
    wrong = check_signed(material.head, issuer)
    if wrong:
        yield Check("log", "failed", f"The head of the log is not the issuer's. {wrong}.")
        return
    leaf = leaf_hash(canonical(dict(material.certificate)))
    is_in = proves_inclusion(material.inclusion, leaf, material.head)
    if is_in and all(number == material.inclusion["leafIndex"] for number in _numbers(material.certificate)):
        size = material.head["treeSize"]
        yield Check("log", "passed", f"It is in the issuer's log of {size} entries of {material.head['at'][:10]}.")
    else:
        yield Check("log", "failed", "It is not in the log that the issuer signed.")


def _check_consistency(material: Material, _now: datetime) -> Iterator[Check]:
    earlier, issuer = material.earlier_head, material.issuer or material.named_issuer
    if earlier is None:
        return
    check_head(earlier)
    wrong = check_signed(earlier, issuer) if issuer else ""
    if wrong:
        yield Check("consistency", "failed", f"The earlier head of the log is not the issuer's. {wrong}.")
    elif material.is_newest and material.head and earlier["treeSize"] > material.head["treeSize"]:
        yield Check("consistency", "failed", f"The log has lost entries: it had {earlier['treeSize']}.")
    elif material.consistency is None or material.head is None or issuer is None:
        yield Check("consistency", "not-checked", "Not checked: no proof leads from the earlier head to this one.")
    elif proves_consistency(material.consistency, earlier, material.head):
        entries = f"the {earlier['treeSize']} entries of {earlier['at'][:10]}"
        yield Check("consistency", "passed", f"The log still begins with {entries}.")
    else:
        yield Check("consistency", "failed", "The log was rewritten since the earlier head.")


def _check_status(material: Material, now: datetime) -> Iterator[Check]:
    issuer = material.issuer or material.named_issuer
    entries = material.certificate.get("credentialStatus")
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or str(entry.get("statusPurpose")) not in _STATUS_WORDS:
            raise MalformedError("it names a status that is not known here")
        name, good, bad = _STATUS_WORDS[str(entry["statusPurpose"])]
        listed = material.lists.get(str(entry.get("statusListCredential")))
        if listed is None or issuer is None:
            yield Check(name, "not-checked", f"Not checked: the list of what is {name} is not at hand.")
            continue
        wrong = check_signed(listed, issuer)
        subject = listed.get("credentialSubject")
        if not wrong and (not isinstance(subject, dict) or subject.get("statusPurpose") != entry["statusPurpose"]):
            wrong = "It is about something else"
        if wrong:
            yield Check(name, "failed", f"The list of what is {name} is not the issuer's. {wrong}.")
        elif is_set(listed, _index(entry)):
            yield Check(name, "lapsed", f"{bad}.")
        else:
            at = read_moment(listed.get("validFrom"))
            is_old = now >= read_moment(listed.get("validUntil"))
            words = f"{good}, says the issuer's list of {at:%-d %B %Y}"
            yield Check(name, "not-checked" if is_old else "passed", f"{words}{', which is out of date' * is_old}.")


def _check_artefacts(material: Material, _now: datetime) -> Iterator[Check]:
    if material.artefacts is None:
        return
    named = material.certificate["credentialSubject"].get("artefacts")
    rows = [one for one in named if isinstance(one, dict)] if isinstance(named, list) else []
    said = {str(one.get("name")): one.get("sha256") for one in rows}
    at_hand = {name: sha256 for name, sha256 in material.artefacts.items() if name in said}
    wrong = sorted(name for name, sha256 in at_hand.items() if said[name] != sha256)
    if wrong:
        names = ", ".join(wrong[:_MOST_ARTEFACTS_NAMED])
        yield Check("artefacts", "failed", f"{len(wrong)} of the files are not what it certifies: {names}.")
    elif not at_hand:
        yield Check("artefacts", "failed", "None of the files is one that it names.")
    else:
        left = len(said) - len(at_hand)
        yield Check("artefacts", "passed", f"{len(at_hand)} files are what it certifies; {left} are not at hand.")


def _numbers(document: Mapping[str, Any]) -> list[int]:
    entries = document.get("credentialStatus")
    return [_number(entry) for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _number(entry: Mapping[str, Any]) -> int:
    part = str(entry.get("statusListCredential")).rpartition("/")[2]
    if not part.isascii() or not part.isdigit() or len(part) > 9:
        raise MalformedError("its status list has no number")
    return int(part) * ENTRIES + _index(entry)


def _index(entry: Mapping[str, Any]) -> int:
    index = entry.get("statusListIndex")
    if not isinstance(index, str) or not index.isascii() or not index.isdigit() or len(index) > 9:
        raise MalformedError("its place in the status list is not a number")
    return int(index)
