"""What a verification is given: the certificate, and what is at hand to check it with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from reproduce.certificates.canonical import MalformedError, read_json
from reproduce.certificates.issuer import Issuer, read_issuer

PACKAGE: Final = "reprise.certificate-package/1"
_MOST_LISTS: Final = 8

State = Literal["passed", "failed", "lapsed", "not-checked"]
Outcome = Literal["valid", "invalid", "lapsed", "unproven"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `lapsed` means genuine, but no longer to be relied on."""

    name: str
    state: State
    sentence: str


@dataclass(frozen=True, slots=True)
class Material:
    """The certificate and what came with it.

    `issuer` is one that whoever verifies trusts; `named_issuer` is the one that the file itself brings, which proves
    nothing about whose key it is. `artefacts` are digests by name of files at hand. `is_absent` says that the issuer's
    log itself was asked and does not have the certificate, `is_newest` that `head` is all that the log has now.
    """

    certificate: Mapping[str, Any]
    issuer: Issuer | None = None
    named_issuer: Issuer | None = None
    inclusion: Mapping[str, Any] | None = None
    head: Mapping[str, Any] | None = None
    lists: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    artefacts: Mapping[str, str] | None = None
    earlier_head: Mapping[str, Any] | None = None
    consistency: Mapping[str, Any] | None = None
    is_absent: bool = False
    is_newest: bool = False

    def with_issuer(self, issuer: Issuer | None) -> Material:
        """Return the same, with an issuer that is trusted."""
        return replace(self, issuer=issuer)


def package_json(
    *,
    certificate: Mapping[str, Any],
    issuer: Mapping[str, Any],
    inclusion: Mapping[str, Any],
    head: Mapping[str, Any],
    lists: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return all that belongs to a certificate in one file, so that it can be verified without a network."""
    return {
        "type": PACKAGE,
        "certificate": certificate,
        "issuer": issuer,
        "inclusion": inclusion,
        "treeHead": head,
        "statusLists": lists,
    }


def read_material(data: bytes) -> Material:
    """Return what is in a file: a certificate alone, or a package. Raises MalformedError."""
    document = read_json(data)
    if document.get("type") != PACKAGE:
        return Material(document)
    lists = document.get("statusLists", [])
    if not isinstance(lists, list) or len(lists) > _MOST_LISTS:
        raise MalformedError("its status lists are no short list")
    return Material(
        _part(document, "certificate"),
        named_issuer=read_issuer(_part(document, "issuer")),
        inclusion=_part(document, "inclusion"),
        head=_part(document, "treeHead"),
        lists={str(one.get("id")): one for one in lists if isinstance(one, dict)},
    )


def _part(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise MalformedError(f"the package has no {name}")
    return value
