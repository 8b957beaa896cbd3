"""`tonne claim`, by commands alone, and the audit of what is held."""

from __future__ import annotations

import pytest

from tests.tonne.cli.holder.test_bank_expire import tonne  # noqa: F401
from tonne.audit.reconcile import audit
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.types import held_account

ALL_RIGHTS = 31


@pytest.fixture
def second(town, tmp_path):
    """Another wallet of `north`, whose first one refuses units from now on."""
    chain, people = town.chain, town.market.people
    wallet = Account.from_seed("second wallet of north")
    chain.rpc.call("anvil_setBalance", wallet.address, hex(10**20))
    participant, _, _ = chain.call("Participants", "walletOf", people["north"])
    chain.send(people["north"], "Participants", "addWallet", wallet, ALL_RIGHTS)
    chain.send(wallet, "Participants", "confirmWallet", participant)
    chain.rpc.call("anvil_setCode", people["north"].address, "0xfe")
    keystore.write(tmp_path / "second.json", wallet, "x", keystore.WEAK)
    return participant, wallet


def test_units_held_for_a_participant_are_shown_and_taken(tonne, town, second):  # noqa: F811
    (participant, wallet), chain = second, town.chain
    people, unit = town.market.people, town.market.allowance
    account = held_account.account_of(participant)
    chain.send(
        people["authority"],
        "Allowances",
        "forcedTransferByOrder",
        people["east"],
        people["north"],
        unit,
        900,
        b"judgment".ljust(32, b"\0"),
    )
    assert chain.call("Allowances", "balanceOf", account, unit) == 900
    assert audit(chain).differences == []

    told = tonne("position", "--as", "second", as_json=False)
    assert "Held for you: 900 of allowance 2020" in told
    listed = tonne("claim", "--show", "--as", "second")
    assert [row["amount"] for row in listed["units"]] == [900] and listed["to"] is None
    assert chain.call("Allowances", "balanceOf", account, unit) == 900

    taken = tonne("claim", "--as", "second")
    assert taken["to"] == wallet.address
    assert chain.call("Allowances", "balanceOf", wallet, unit) == 900
    assert "No units are held for you." in tonne("claim", "--as", "second", as_json=False)
    assert audit(chain).differences == []


def test_a_claim_for_another_ones_wallet_is_refused(tonne, town, second):  # noqa: F811
    people, chain = town.market.people, town.chain
    order = (people["east"], people["north"], town.market.allowance, 5, b"x" * 32)
    chain.send(people["authority"], "Allowances", "forcedTransferByOrder", *order)
    said = tonne("claim", "--to", people["east"].address, "--as", "second", status=1, as_json=False)
    assert "UNIT_NOT_CLAIMANT" in said
