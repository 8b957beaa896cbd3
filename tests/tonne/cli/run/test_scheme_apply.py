"""`tonne scheme apply`: a scheme from its pack on a founded market, whose offices wait."""

from __future__ import annotations

import json

import pytest

from tonne import cli, paths
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.crypto.accounts import Account

PACK = "china-national"
PEOPLE = {name: Account.from_seed("apply", name) for name in ("plant", "desk")}


@pytest.fixture
def tonne(deployed, people, tmp_path, capsys, monkeypatch):
    """Runs a command with a keystore of this folder; what it printed for machines, or its error."""
    monkeypatch.setenv("TONNE_RPC", deployed.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(deployed.folder))
    monkeypatch.setenv("TONNE_PASSPHRASE_FILE", str(tmp_path / "passphrase.txt"))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path / "none")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "passphrase.txt").write_text("x\n")
    chosen = {name: people[name] for name in ("authority", "currency_issuer", "administrator")}
    for name, account in {**chosen, **PEOPLE}.items():
        keystore.write(tmp_path / f"{name}.json", account, "x", keystore.WEAK)

    def run(*arguments, who=None, status=0):
        key = ("--keystore", f"{who}.json") if who else ()
        with pytest.raises(SystemExit) as end:
            cli.main([*map(str, (*arguments, *key)), "--json"])
        printed = capsys.readouterr()
        assert (end.value.code or 0) == status, printed
        told = json.loads(printed.out)
        return told.get("error", told)

    return run


def active(chain):
    return chain.call("Schemes", "schemeInfo", 1).activatedAt > 0


def test_a_scheme_is_applied_in_two_runs_with_the_delay_between(tonne, deployed, people):
    chain, authority = deployed.chain, people["authority"].address
    shown = tonne("scheme", "apply", PACK, "--dry-run", who="authority")
    assert not shown["sent"] and "Schemes.createScheme" in shown["calls"]

    first = tonne("scheme", "apply", PACK, who="authority")
    assert first["waits"] and not first["active"] and not active(chain)
    assert "Schemes.activate" not in first["calls"]
    early = tonne("scheme", "apply", PACK, who="authority", status=1)
    assert early["code"] == "WAITING_NOT_READY"

    chain.set_time(chain.now() + 2 * 86_400)
    second = tonne("scheme", "apply", PACK, who="authority")
    assert second["active"] and active(chain)
    # What the first run brought stays: the second sends offices and the end of the set-up.
    assert {call.split(".")[1] for call in second["calls"]} == {
        *("grantOffice", "setRegistrar", "activate")
    }
    assert chain.call("Schemes", "officeOf", authority, 1, 0) == 8191
    assert tonne("scheme", "apply", PACK, who="authority")["sent"] is False


def test_waiting_moves_a_test_chain_and_ends_with_an_active_scheme(tonne, deployed):
    before = deployed.chain.now()
    done = tonne("scheme", "apply", PACK, "--wait", who="authority")
    assert done["active"] and active(deployed.chain)
    assert deployed.chain.now() - before >= 2 * 86_400


def test_what_an_active_scheme_lacks_of_its_pack_is_named(tonne):
    tonne("scheme", "apply", PACK, "--wait", who="authority")
    more = ("--scenario", paths.HOME / "scenarios" / "china-dates-assumed.toml")
    told = tonne("scheme", "apply", PACK, *more, who="authority")
    assert told["sent"] is False
    assert {"period 2023", "period 2024"} <= set(told["differing"])
    assert tonne("scheme", "apply", PACK, who="authority")["differing"] == []


def test_a_scheme_that_another_pack_created_is_refused(tonne, deployed, people, pack):
    head = (1, "another", 0, 30, b"\1" * 32)
    deployed.chain.send(people["authority"], "Schemes", "createScheme", *head)
    refused = tonne("scheme", "apply", PACK, who="authority", status=1)
    assert (refused["code"], refused["field"]) == ("SCHEME_OF_ANOTHER_PACK", "pack")


def test_an_account_without_the_role_is_refused_before_anything_is_sent(tonne, deployed):
    before = deployed.chain.block_number()
    refused = tonne("scheme", "apply", PACK, who="plant", status=1)
    assert refused["code"] == "ACCESS_MANAGED_UNAUTHORIZED"
    assert deployed.chain.block_number() == before


def test_people_of_a_file_apply_are_approved_and_get_their_money(tonne, deployed, tmp_path):
    tonne("scheme", "apply", PACK, "--wait", who="authority")
    (tmp_path / "people.csv").write_text(
        "wallet,kinds,jurisdiction,details,cash\n"
        'plant.json,emitter+trader,14,licence,"1,000.00"\n'
        "desk.json,trader,11,,\n"
    )
    stranger = tonne("market", "orders", who="plant", status=1)
    assert stranger["code"] == "ACCOUNT_NOT_REGISTERED"
    assert f"tonne authority approve {PEOPLE['plant'].address}" in stranger["remedy"]

    applied = tonne("wallet", "apply", "--file", "people.csv")
    assert applied["applied"] == [PEOPLE["plant"].address, PEOPLE["desk"].address]
    blocks = deployed.chain.block_number()
    again = tonne("wallet", "apply", "--file", "people.csv")
    assert (again["applied"], again["appliedAlready"], again["registered"]) == ([], 2, 0)
    assert deployed.chain.block_number() == blocks, "nothing is sent twice"
    approved = tonne("authority", "approve", "--all", who="authority")
    assert list(approved["participants"].values()) == [1, 2]
    assert deployed.chain.call("Participants", "participant", 1).kinds == 3
    again = tonne("authority", "approve", "--all", who="authority", status=1)
    assert again["code"] == "AUTHORITY_NO_APPLICATION"
    assert tonne("wallet", "apply", "--file", "people.csv")["registered"] == 2

    assert tonne("authority", "mint", "--file", "people.csv", who="currency_issuer")["sent"]
    tonne("authority", "mint", "desk.json=5.50", "1=2", who="currency_issuer")
    held = [
        deployed.chain.call("SettlementCurrency", "balanceOf", account)
        for account in PEOPLE.values()
    ]
    assert held == [1_002_00, 5_50]


@pytest.mark.parametrize(
    "arguments, code, field",
    [
        (("wallet", "apply"), "APPLICATION_INCOMPLETE", "kinds"),
        (("wallet", "apply", "--kinds", "baker", "--jurisdiction", 1), "KIND_UNKNOWN", "kinds"),
        (("authority", "approve"), "AUTHORITY_NO_APPLICATION", "applicants"),
        (("authority", "mint"), "MINT_NOTHING", "receivers"),
        (("authority", "mint", "1"), "MINT_RECEIVER", "receivers"),
        (("authority", "mint", "1=2", "--currency", "EUR"), "CURRENCY_UNKNOWN", "currency"),
        (("authority", "registrar", "nobody.json"), "ADDRESS_UNKNOWN", "officer"),
        (("market", "create", "allowance:many"), "UNIT_UNREADABLE", "unit"),
    ],
)
def test_a_refusal_names_its_field_and_a_remedy(tonne, arguments, code, field):
    refused = tonne(*arguments, who="plant", status=1)
    assert (refused["code"], refused["field"]) == (code, field)
    assert refused["remedy"]


def test_nobody_who_is_no_registrar_sees_an_application_to_approve(tonne, deployed):
    tonne("wallet", "apply", "--kinds", "trader", "--jurisdiction", 7, who="desk")
    refused = tonne("authority", "approve", "--all", who="plant", status=1)
    assert refused["code"] == "AUTHORITY_NO_APPLICATION"


def test_several_keystores_are_made_at_once_or_none(tonne, tmp_path):
    made = tonne("keystore", "new", "a.json", "b.json")["keystores"]
    assert [one["file"] for one in made] == ["a.json", "b.json"]
    assert len({one["address"] for one in made}) == 2
    refused = tonne("keystore", "new", "c.json", "b.json", status=1)
    assert refused["code"] == "KEYSTORE_EXISTS" and not (tmp_path / "c.json").exists()
