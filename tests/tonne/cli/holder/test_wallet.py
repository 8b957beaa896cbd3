"""`tonne wallet` and `tonne authority recovery`: a key is stolen, and the owner comes back."""

from __future__ import annotations

import json

import pytest

from tests.tonne.units.town_credits import HALL, REASON, REF, YEAR, found
from tonne import cli
from tonne.audit.reconcile import audit
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.units.energy_credits import MICRO, series_id

DAY = 86_400
FRESH = Account.from_seed("recovery", "fresh")
CLERK = Account.from_seed("recovery", "clerk")
PEOPLE = ("authority", "administrator", "arbiter", "north", "trader")


@pytest.fixture
def tonne(town, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    known = {name: town.market.people[name] for name in PEOPLE}
    for name, account in {**known, "fresh": FRESH, "clerk": CLERK}.items():
        keystore.write(tmp_path / f"{name}.json", account, "x", keystore.WEAK)
    town.chain.fund([FRESH, CLERK])

    def run(*arguments, status=0):
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, arguments), "--json"])
        read = capsys.readouterr()
        assert (ended.value.code or 0) == status, read.out + read.err
        return json.loads(read.out or read.err)

    return run


def test_an_applicant_is_approved_or_refused_by_its_wallet(tonne, town):
    apply = ("wallet", "apply", "--kinds", 2, "--jurisdiction", 1)
    tonne(*apply, "--as", "fresh")
    refused = tonne("authority", "refuse", "fresh", "--as", "authority")
    assert refused["sent"]
    nothing = tonne("authority", "approve", "fresh", "--as", "authority", status=1)
    assert nothing["error"]["code"] == "AUTHORITY_NO_APPLICATION"

    tonne(*apply, "--details", "by-laws", "--as", "fresh")
    approved = tonne("authority", "approve", FRESH.address, "--as", "authority")
    number, _, status = town.chain.call("Participants", "walletOf", FRESH)
    assert approved["participants"] == {FRESH.address: number} and status == 2


def test_a_stolen_key_is_replaced_by_two_offices(tonne, town):
    chain, trader = town.chain, town.market.people["trader"]
    number = town.market.participants["trader"]
    chain.send(trader, "Participants", "addWallet", CLERK, 8)
    chain.send(CLERK, "Participants", "confirmWallet", number)
    credit = town.market.credit
    held = chain.call("OffsetCredits", "balanceOf", trader, credit)
    assert held > 0

    claimed = tonne("wallet", "claim-theft", number, "--statement", "laptop", "--as", "clerk")
    assert claimed["frozenUntil"] == chain.now() + 30 * DAY
    tonne("wallet", "answer", number, "--statement", "not so", "--as", "trader")
    proposal = ("authority", "recovery", "propose", number, FRESH.address, f"{CLERK.address}:8")
    tonne(*proposal, "--reason", "identity seen", "--as", "authority")
    stopped = tonne("wallet", "object", "--as", "trader", status=1)
    assert stopped["error"]["code"] == "RECOVERY_FROZEN"
    waiting = tonne("wallet", "recovery", number)
    assert waiting["claimed"] and [w["agreed"] for w in waiting["wallets"]] == [False, True]
    tonne("wallet", "join", number, "--as", "fresh")

    uphold = ("authority", "recovery", "uphold", number)
    early = tonne(*uphold, "--as", "arbiter", status=1)
    assert early["error"]["code"] == "RECOVERY_HEARING"
    chain.set_time(waiting["decidableAt"])
    alone = tonne(*uphold, "--as", "authority", status=1)
    assert alone["error"]["code"] == "RECOVERY_NOT_ARBITER"
    assert tonne(*uphold, "--as", "arbiter")["sent"]

    assert chain.call("Participants", "walletsOf", number) == [FRESH.address, CLERK.address]
    synced = [e for e in chain.logs("Exchange", "WalletSynced") if e["wallet"] == trader.address]
    assert (synced[-1]["rights"], synced[-1]["status"]) == (0, 3), "the exchange has heard of it"
    tonne("wallet", "recover", trader.address, hex(credit), "--as", "clerk")
    assert chain.call("OffsetCredits", "balanceOf", FRESH, credit) == held
    assert not tonne("wallet", "recovery", number)["claimed"]
    assert audit(chain).sound


def test_credits_in_a_lost_wallet_are_hinted_at_and_follow_by_its_name(tonne, town):
    chain, trader = town.chain, town.market.people["trader"]
    number = town.market.participants["trader"]
    found(town)
    chain.send(HALL, "EnergyCredits", "openSeries", (1, chain.now() + YEAR, 7, 0, REF))
    series = series_id(chain, 1)
    authority = town.market.people["authority"]
    chain.send(authority, "EnergyCredits", "setIssueLimit", series, 100 * MICRO, REASON)
    chain.send(HALL, "EnergyCredits", "recordCollateral", series, 1, 100 * MICRO, REF)
    chain.send(HALL, "EnergyCredits", "issue", series, [(trader, 50 * MICRO)], 1, REF)
    before = tonne("credit", "account", number)
    assert (before["balances"][0]["held"], before["leftBehind"]) == (50 * MICRO, [])

    proposal = ("authority", "recovery", "propose", number, FRESH.address, "--reason", "lost")
    tonne(*proposal, "--as", "authority")
    tonne("wallet", "join", number, "--as", "fresh")
    chain.set_time(tonne("wallet", "recovery", number)["decidableAt"])
    tonne("authority", "recovery", "uphold", number, "--as", "arbiter")
    told = tonne("credit", "account", number)
    assert told["balances"] == []
    assert told["leftBehind"] == [{"series": 1, "wallet": trader.address, "held": 50 * MICRO}]

    unknown = tonne("wallet", "recover", "nowhere", "credit:1", "--as", "fresh", status=1)
    assert (unknown["error"]["code"], unknown["error"]["field"]) == ("ADDRESS_UNKNOWN", "lost")
    assert tonne("wallet", "recover", "trader", "credit:1", "--as", "fresh")["lost"] == (
        trader.address
    )
    after = tonne("credit", "account", number)
    assert (after["balances"][0]["wallet"], after["leftBehind"]) == (FRESH.address, [])


def test_an_abusive_claim_is_refused_and_a_proposal_withdrawn(tonne, town):
    number = town.market.participants["north"]
    tonne("wallet", "claim-theft", number, "--statement", "x", "--as", "north")
    reject = ("authority", "recovery", "reject", number, "--reason", "none was")
    tonne(*reject, "--as", "arbiter")
    assert not tonne("wallet", "recovery", number)["claimed"]
    again = tonne("wallet", "claim-theft", number, "--statement", "x", "--as", "north", status=1)
    assert again["error"]["code"] == "RECOVERY_CLAIM_TOO_SOON"

    proposal = ("authority", "recovery", "propose", number, "fresh", "--reason", "lost")
    tonne(*proposal, "--as", "authority")
    tonne("authority", "recovery", "withdraw", number, "--as", "authority")
    tonne(*proposal, "--as", "authority")
    tonne("wallet", "object", "--as", "north")
    nothing = tonne("authority", "recovery", "withdraw", number, "--as", "authority", status=1)
    assert nothing["error"]["code"] == "RECOVERY_NO_PROPOSAL"
    odd = ("authority", "recovery", "propose", number, f"{FRESH.address}:99", "--reason", "x")
    assert tonne(*odd, "--as", "authority", status=1)["error"]["code"] == "AUTHORITY_WALLET"


def test_the_administrator_appoints_arbiters_and_the_authority_cannot(tonne, town):
    who = FRESH.address
    appoint = ("authority", "arbiter", who, "--jurisdiction", 1)
    assert "error" in tonne(*appoint, "--as", "authority", status=1)
    tonne(*appoint, "--as", "administrator")
    assert town.chain.call("Participants", "isArbiter", who, 1)
    tonne(*appoint, "--dismiss", "--as", "administrator")
    assert not town.chain.call("Participants", "isArbiter", who, 1)
    none = tonne("authority", "recovery", "uphold", 1, "--as", "arbiter", status=1)
    assert none["error"]["code"] == "AUTHORITY_NO_PROPOSAL"
