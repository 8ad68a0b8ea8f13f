"""Providers of logins in the settings: what little has to be said, and what is refused with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Environment
from config.openid_settings import parse_providers, read_openid_settings
from tests.contracts.project import read

LITTLE = 'client_id = "c"\nsecret = "s"\n'
HOUSE = f'[house]\nname = "H"\nissuer = "https://x.example"\n{LITTLE}'


def test_egi_and_orcid_need_client_and_secret_alone() -> None:
    found = parse_providers(f"[egi]\n{LITTLE}[orcid]\n{LITTLE}")
    assert [(one.id, one.name, one.issuer) for one in found.values()] == [
        ("egi", "EGI Check-in", "https://aai.egi.eu/auth/realms/egi"),
        ("orcid", "ORCID", "https://orcid.org"),
    ]
    assert (found["orcid"].orcid_claim, found["orcid"].scopes) == ("sub", ("openid",))
    assert found["egi"].claims[0] == "entitlements"


@pytest.mark.parametrize("preset", ["umbrella", "eduteams", "keycloak"])
def test_the_others_need_their_issuer_too(preset: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"\\[{preset}\\] needs issuer"):
        parse_providers(f"[{preset}]\n{LITTLE}")
    text = f'[{preset}]\nissuer = "https://x.example/realms/a"\n{LITTLE}'
    assert parse_providers(text)[preset].issuer == "https://x.example/realms/a"


def test_a_provider_may_have_an_id_of_its_own_and_changes_what_its_preset_says() -> None:
    text = f'[desy]\npreset = "keycloak"\nname = "DESY"\nissuer = "https://x.example"\nclaims = ["g"]\n{LITTLE}'
    found = parse_providers(text)["desy"]
    assert (found.id, found.name, found.claims) == ("desy", "DESY", ("g",))


def test_the_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of the file\n")
    text = f'[orcid]\nclient_id = "c"\nsecret_file = "{tmp_path}/secret"\n'
    found = parse_providers(text)["orcid"]
    assert found.secret == "of the file"
    assert "of the file" not in repr(found)


WRONG = {
    "[": "is no TOML",
    "house = 1": "must be tables",
    f"[House]\n{LITTLE}": "must be tables named in small letters",
    f"[house]\n{LITTLE}": "[house] needs name",
    f'[house]\npreset = "x"\n{LITTLE}': "knows the presets umbrella, egi, orcid, keycloak, eduteams, not x",
    "[orcid]\nclient_id = 'c'": "[orcid] needs one of secret_file and secret",
    f"[orcid]\nsecret_file = '/x'\n{LITTLE}": "[orcid] needs one of secret_file and secret",
    "[orcid]\nclient_id = 'c'\nsecret_file = '/nowhere/x'": "[orcid] cannot read its secret_file",
    "[orcid]\nsecret = 's'": "[orcid] needs client_id",
    f"{HOUSE}client = 'x'": "has 'client', which is none of",
    f"{HOUSE}scopes = 'openid'": "needs a list of texts as scopes",
    f"{HOUSE}scopes = ['profile']": "needs openid among its scopes",
    f"{HOUSE}role = 'boss'": "has the role boss; roles are author, curator, reader",
    f"{HOUSE}hours = 0": "needs a number from 1 to 720 as hours",
    f"{HOUSE}hours = true": "needs a number from 1 to 720 as hours",
    f"{HOUSE}new_accounts = 'no'": "needs true or false as new_accounts",
    f"{HOUSE}[house.roles]\nboss = ['x']": "gives the role boss",
    f"{HOUSE}[house.roles]\nauthor = 'x'": "needs a table of lists as roles",
    f"{HOUSE}[house.groups]\n'P {{2}}' = ['*']": "has fewer * than",
    f"{HOUSE}[house.groups]\nP = ['a**']": "has two * in one part",
    f"[house]\nname = 'H'\nissuer = 'http://x.example'\n{LITTLE}": "needs an issuer that begins with https://",
    f"[house]\nname = 'H'\nissuer = 'x'\n{LITTLE}": "needs an issuer that begins with https://",
    f"[house]\nname = 7\nissuer = 'https://x.example'\n{LITTLE}": "needs a line of text as name",
}


@pytest.mark.parametrize("text", WRONG, ids=list(WRONG.values()))
def test_what_cannot_be_is_refused_with_where_and_what_to_do(text: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        parse_providers(text)
    said = str(refusal.value)
    assert WRONG[text] in said
    assert said.startswith("REPRISE_OPENID")
    assert said.endswith("see docs/sign-in.md.")


def test_without_a_provider_passwords_stay() -> None:
    assert read_openid_settings(Environment({}))[:2] == ({}, True)
    with pytest.raises(ImproperlyConfigured, match="leaves no way to log in"):
        read_openid_settings(Environment({"REPRISE_PASSWORDS": "false"}))


def test_passwords_are_good_for_nothing_where_they_are_off() -> None:
    _, takes_passwords, backends = read_openid_settings(
        Environment({"REPRISE_PASSWORDS": "false", "REPRISE_OPENID": f"[orcid]\n{LITTLE}"})
    )
    assert (takes_passwords, backends) == (False, ["config.accounts.WithoutPasswords"])


def test_the_examples_of_the_documentation_are_settings(tmp_path: Path) -> None:
    blocks = [block.split("```")[0] for block in read("docs/sign-in.md").split("```toml\n")[1:]]
    assert len(blocks) >= 4
    (tmp_path / "secret").write_text("s")
    for block in blocks:
        lines = (f'secret_file = "{tmp_path}/secret"' if "secret_file" in line else line for line in block.splitlines())
        assert parse_providers("\n".join(lines))
