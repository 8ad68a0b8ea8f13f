"""What an entitlement gives, and names from elsewhere."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.login_providers import (
    LoginProvider,
    Rule,
    account_name,
    is_safe_address,
    problem_of,
    shown_name,
    values_at,
)


def provider(**rules: tuple[Rule, ...]) -> LoginProvider:
    return LoginProvider("x", "X", "https://x.example", "id", "secret", **rules)  # type: ignore[arg-type]  # rules alone


def groups(pattern: str, *entitlements: str, gives: str = "G {1}") -> dict[str, bool]:
    return dict(provider(groups=(Rule(gives, (pattern,)),)).rights(entitlements).groups)


# Of AARC-G002 and AARC-G069, EGI Check-in and Keycloak: pattern, entitlement, whether it fits.
FITS = [
    ("urn:geant:x.org:group:a#aai.x.org", "urn:geant:x.org:group:a#aai.x.org", True),
    ("urn:geant:x.org:group:a", "urn:geant:x.org:group:a#aai.x.org", True),
    ("urn:geant:x.org:group:a", "urn:geant:x.org:group:a", True),
    ("urn:geant:x.org:group:a#aai.x.org", "urn:geant:x.org:group:a#evil.example", False),
    ("urn:geant:x.org:group:a#aai.x.org", "urn:geant:x.org:group:a", False),
    ("URN:Geant:x.org:group:a", "urn:GEANT:x.org:group:a", True),
    ("urn:geant:x.org:group:a", "urn:geant:x.org:group:A", False),
    ("urn:geant:x.org:group:a", "urn:geant:x.org:group:a:b#aai", False),
    ("urn:geant:x.org:group:a", "urn:geant:x.org:group:a:role=owner#aai", False),
    (
        "urn:mace:egi.eu:group:vo.x.org:role=member#aai.egi.eu",
        "urn:mace:egi.eu:group:vo.x.org:role=member#aai.egi.eu",
        True,
    ),
    ("urn:geant:x.org:group:a", "urn:geant:x.org:group:a#aai\n", False),
    ("urn:geant:x.org:group:a", "xurn:geant:x.org:group:a", False),
    ("urn:geant:x.org:group:a.b", "urn:geant:x.org:group:aXb", False),
    ("/staff", "/staff", True),
    ("/staff", "/staff/sub", False),
    ("staff", "/staff", False),
]


@pytest.mark.parametrize(("pattern", "entitlement", "fits"), FITS)
def test_a_pattern_fits_an_entitlement_as_it_is_written(pattern: str, entitlement: str, fits: bool) -> None:
    rights = provider(roles=(Rule("author", (pattern,)),)).rights([entitlement])
    assert rights.roles == ({"author", "reader"} if fits else {"reader"})


def test_a_star_stands_for_one_part_which_names_the_group() -> None:
    found = groups("urn:x:y:group:proposals:*", "urn:x:y:group:proposals:2026-1#aai", "urn:x:y:group:proposals:a:b#aai")
    assert found == {"G 2026-1": False}
    assert groups("/proposals/p*", "/proposals/p7", "/proposals/q7", "/proposals/p7/sub") == {"G 7": False}
    assert groups("/*/*", "/hall/b4", gives="{2} of {1}") == {"b4 of hall": False}


def test_a_part_that_is_encoded_is_shown_decoded() -> None:
    assert groups("urn:x:y:group:*", "urn:x:y:group:Gro%C3%9Fes%20Experiment#aai") == {"G Großes Experiment": False}


@pytest.mark.parametrize(
    "part", ["%0A", "a%3Ab", "a%2Fb", "%E2%80%AE", "%FF", "a\u200bb", "%20", "a\x00", "{1}", "*", "x" * 151]
)
def test_a_part_by_which_two_names_could_look_the_same_gives_no_group(part: str) -> None:
    assert groups("urn:x:y:group:*", f"urn:x:y:group:{part}#aai") == {}


def test_who_manages_is_a_member_too() -> None:
    rules = (Rule("G", ("g",)),)
    both = provider(groups=rules, managers=(Rule("G", ("g:leader",)),))
    assert both.rights(["g"]).groups == {"G": False}
    assert both.rights(["g", "g:leader"]).groups == both.rights(["g:leader"]).groups == {"G": True}


def test_no_more_than_500_groups_come_of_a_login() -> None:
    assert len(groups("*", *(f"{number:04}" for number in range(2000)))) == 500


def test_long_and_adverse_entitlements_are_judged_at_once() -> None:
    before = time.monotonic()
    groups(":".join(["a*a"] * 20), *(":".join(["a" * 48] * 20) + str(n) for n in range(1000)))
    assert time.monotonic() - before < 30


@pytest.mark.parametrize(
    "rule", [Rule("G", ("a**",)), Rule("G", ("a*b*",)), Rule("G {2}", ("*",)), Rule("", ("a",)), Rule("G", ("",))]
)
def test_a_rule_that_cannot_be_used_is_told_of(rule: Rule) -> None:
    assert problem_of(rule)


@pytest.mark.parametrize(
    ("claims", "path", "found"),
    [
        ({"groups": ["a", "b"]}, "groups", ["a", "b"]),
        ({"groups": "a b"}, "groups", ["a b"]),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"https://x.example/groups": ["a"]}, "https://x.example/groups", ["a"]),
        ({"groups": [1, None, {}, [], "", "a"]}, "groups", ["a"]),
        ({"groups": {"a": 1}}, "groups", []),
        ({}, "groups", []),
        ({"realm_access": ["roles"]}, "realm_access.roles", []),
    ],
)
def test_a_claim_holds_one_text_or_many_or_none(claims: dict[str, object], path: str, found: list[str]) -> None:
    assert values_at(claims, path) == found


@given(st.text(max_size=400) | st.integers() | st.none())
def test_any_name_becomes_one_line_that_can_be_seen(name: object) -> None:
    shown = shown_name(name)
    assert shown.isprintable()
    assert len(shown) <= 150
    account = account_name(name)
    assert 0 < len(account) <= 40
    assert account.isascii()


@pytest.mark.parametrize(
    ("candidates", "name"),
    [
        (("nora",), "nora"),
        (("nora@example.org",), "nora"),
        (("", None, "Nora Nilsson"), "Nora.Nilsson"),
        (("Åsa Öberg",), "Asa.Oberg"),
        (("\u202eadmin",), "admin"),
        (("Ольга", "0000-0002-1825-0097"), "0000-0002-1825-0097"),
        (("../../etc",), "etc"),
        ((None,), "account"),
    ],
)
def test_an_account_is_named_in_plain_letters(candidates: tuple[object, ...], name: str) -> None:
    assert account_name(*candidates) == name


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://x.example/a", True),
        ("http://127.0.0.1:8080", True),
        ("http://x.example", False),
        ("https://user@x.example", False),
        ("https://x.example/#a", False),
        ("https://x.example/ a", False),
        ("javascript:alert(1)", False),
        ("https://[", False),
        ("//x.example", False),
    ],
)
def test_a_provider_is_spoken_to_by_https_or_on_this_machine(address: str, is_safe: bool) -> None:
    assert is_safe_address(address) == is_safe
